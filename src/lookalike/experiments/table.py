"""What a sweep has found, for a terminal."""

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from lookalike.experiments.result import SweepResult, TrialResult
from lookalike.experiments.search_space import shown
from lookalike.terminal.printable import printable


def print_result(result: SweepResult, console: Console) -> None:
    """Print the trials as a table, what each parameter matters, and how to go on."""
    console.print(Group(_table(result), *map(Text, map(printable, _lines(result)))))


def _table(result: SweepResult) -> Table:
    metric = result.metric.rpartition(":")[2]
    names = list(result.trials[0].parameters) if result.trials else []
    table = Table(box=None, pad_edge=False)
    for heading in ("experiment", metric, *names):
        table.add_column(Text(printable(heading)), overflow="fold")
    for trial in result.trials:
        values = (shown(value) for value in trial.parameters.values())
        cells = (trial_name(result, trial), _value(trial), *values)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def trial_name(result: SweepResult, trial: TrialResult) -> str:
    """Its experiment, or the first of several."""
    if len(trial.experiments) <= 1:
        return f"{result.name}-{trial.number:03d}"
    return f"{trial.experiments[0]} and {len(trial.experiments) - 1} more"


def _value(trial: TrialResult) -> str:
    if trial.value is None:
        return trial.outcome
    if len(trial.measured) < 2:
        return f"{trial.value:.6g}"
    return f"{trial.value:.6g} ({min(trial.measured):.6g} to {max(trial.measured):.6g})"


def _lines(result: SweepResult) -> list[str]:
    lines = (
        [f"commit {result.commit[:8]}: {result.before:.6g}"] if result.before is not None else []
    )
    if result.importance:
        shares = (f"{name} {share:.0%}" for name, share in result.importance.items())
        lines.append(f"importance: {', '.join(shares)}")
    if result.best is None or result.best_command is None:
        return [*lines, "no trial is complete"]
    return [
        *lines,
        f"best: {result.best_command}",
        f"or apply what has run: dvc exp apply {result.best.experiments[0]}",
    ]
