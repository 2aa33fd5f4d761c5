"""`lookalike check` and `lookalike doctor`: will a run succeed, and what suits this machine?"""

from pathlib import Path

from lookalike.core.layout import find_project
from lookalike.terminal.output import print_lines


def check() -> None:
    """Check params.yaml, and that the source is there and holds images."""
    project = find_project(Path())
    from lookalike.project.check import check  # with torch, which takes seconds

    print_lines(check(project))


def doctor() -> None:
    """Say what this machine has, measure it, and recommend parameters; they stay as they are."""
    from lookalike.doctor.doctor import doctor

    print_lines(doctor(find_project(Path())))
