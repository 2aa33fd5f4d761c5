"""Search results on stdout."""

import csv
import json
from io import StringIO

import pytest

from lookalike.commands.result_printing import Form, print_results
from lookalike.search.results import Hit, Prediction, SearchResult


def result(query: str = "a.png", hits: int = 2, label: str | None = "cat") -> SearchResult:
    found = [
        Hit("a" * 64, f"{n}.png", label, f"/{n}.png", "train", None, 8, 9, 1 - n / 10)
        for n in range(hits)
    ]
    return SearchResult(query, [Prediction("cat", 0.9)], found)


def printed(
    capsys: pytest.CaptureFixture[str], form: Form, *results: SearchResult, several: bool = True
) -> str:
    print_results(results, form, several)
    return capsys.readouterr().out


def test_json_of_one_query_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, Form.JSON, result(), several=False)
    assert json.loads(text) == result().to_dict()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_of_several_queries_is_an_array(
    count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, Form.JSON, *[result()] * count)
    assert json.loads(text) == [result().to_dict()] * count


def test_without_an_answer_to_the_one_query_nothing_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert printed(capsys, Form.JSON, several=False) == ""


def test_json_lines_are_a_line_a_query(capsys: pytest.CaptureFixture[str]) -> None:
    results = [result("a\nb.png"), result("b.png", hits=0)]
    lines = printed(capsys, Form.JSON_LINES, *results).splitlines()
    assert [json.loads(line) for line in lines] == [each.to_dict() for each in results]


@pytest.mark.parametrize("name", ["a.png", 'a,"b".png', "a\rb", "a\nb", "=1+1", "ü"])
def test_csv_is_a_line_a_hit_and_keeps_every_name(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, Form.CSV, result(name, label=name), result("b.png", hits=1, label=None))
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert [row["query"] for row in rows] == [name, name, "b.png"]
    assert [row["rank"] for row in rows] == ["1", "2", "1"]
    assert [row["label"] for row in rows] == [name, name, ""]
    assert rows[1] | {"query": "", "label": ""} == {
        "query": "",
        "rank": "2",
        "similarity": "0.9",
        "id": "a" * 64,
        "path": "1.png",
        "label": "",
        "source": "/1.png",
        "split": "train",
        "predicted_label": "",
        "width": "8",
        "height": "9",
    }


def test_tables_of_several_queries_are_headed_by_their_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = printed(capsys, Form.TABLE, result("a.png"), several=False).splitlines()
    assert one[0] == "looks like: cat (90.0%)"
    two = printed(capsys, Form.TABLE, result("a.png"), result("b\x1b.png")).splitlines()
    assert [two[0], *two[1:5], two[6]] == ["a.png", *one, r"b\x1b.png"]


def test_pictures_stand_above_their_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_results([result()], Form.TABLE, several=False, inline=lambda png: f"<{png[1:4]!r}>\n")
    assert capsys.readouterr().out.splitlines()[0] == "<b'PNG'>"
