"""A search result for people."""

import pytest

from lookalike.search.results import Hit, Prediction, SearchResult
from lookalike.search.table import print_result


def printed(capsys: pytest.CaptureFixture[str], result: SearchResult) -> list[str]:
    print_result(result)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def hit(path: str, label: str | None = "cat") -> Hit:
    return Hit("a" * 64, path, label, path, "train", "cat", 8, 8, 0.98765)


def test_predictions_and_hits_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    result = SearchResult(
        "q", [Prediction("cat", 0.75), Prediction("dog", 0.2)], [hit("cat/1.png")]
    )
    guesses, header, line = printed(capsys, result)
    assert guesses == "looks like: cat (75.0%), dog (20.0%)"
    assert header.split() == ["similarity", "label", "path"]
    assert line.split() == ["0.9877", "cat", "cat/1.png"]


def test_without_predictions_there_are_only_hits(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, SearchResult("q", [], [hit("1.png", label=None)]))
    assert lines[1].split() == ["0.9877", "-", "1.png"]


@pytest.mark.parametrize("path", ["[bold]x[/bold].png", ":cat:/1.png", "日本/ü.png"])
def test_names_are_printed_as_they_are(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = SearchResult("q", [Prediction(path, 0.5)], [hit(path, label=path)])
    lines = printed(capsys, result)
    assert lines[0] == f"looks like: {path} (50.0%)"
    assert lines[2].split() == ["0.9877", path, path]


def test_a_long_path_stays_on_its_line_where_nobody_looks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = "/".join(["folder"] * 60) + ".png"
    assert printed(capsys, SearchResult("q", [], [hit(path)]))[1].endswith(path)


def test_a_prediction_that_would_read_as_nothing_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    guesses = [Prediction("cat", 0.9994), Prediction("dog", 0.0005), Prediction("owl", 0.00049)]
    assert printed(capsys, SearchResult("q", guesses, []))[0] == (
        "looks like: cat (99.9%), dog (0.1%)"
    )


@pytest.mark.parametrize(
    "name", ["\x1b[2J", "\x9b31m", "a\rb", "a\nb", "photo\u202egpj.exe", "\udcff"]
)
def test_names_do_not_command_the_terminal(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_result(SearchResult("q", [Prediction(name, 0.5)], [hit(name, label=name)]))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "".join(lines).isprintable()
