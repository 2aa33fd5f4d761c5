"""The charts of a finished run, as pictures inside of a page."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lookalike.core.csv_file import read_csv
from lookalike.core.layout import Layout
from lookalike.figures.charts import Chart

Tables = dict[str, list[dict[str, str]]]


class Picture(NamedTuple):
    """A title and an image as a data URI."""

    title: str
    uri: str


def pictures_of(charts: Iterable[Chart]) -> Iterator[Picture]:
    """Charts as pictures, each drawn when it is asked for."""
    return (Picture(chart.title, chart.uri) for chart in charts)


def read_tables(project: Layout) -> Tables:
    """The tables of a project's evaluation, by name."""
    return {file.stem: read_csv(file) for file in sorted(project.evaluation.glob("*.csv"))}
