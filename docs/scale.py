"""Write the tables of `docs/scale.md`: what 100 million images would take.

    python docs/scale.py                                  # write them into the page
    python docs/scale.py --images 1e9 --processors 2048   # print those of another plan

Everything is computed from figures that `docs/benchmarks.md` has measured: those below, and the
table of `bench.million` there. Prices and machines are a plan's assumptions.
"""

import argparse
import re
from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parent
PAGE, BENCHMARKS = DOCS / "scale.md", DOCS / "benchmarks.md"
BEGIN, END = "<!-- written by docs/scale.py -->", "<!-- end -->"
MILLION = "A million images"
HOUR, GIGABYTE, TERABYTE = 3600, 1e9, 1e12
CORES = 2  # of the machine that measured
FLOAT = 4  # bytes


class Measured(NamedTuple):
    """A figure as docs/benchmarks.md writes it, and the heading that it is under."""

    text: str
    section: str

    @property
    def value(self) -> float:
        return float(self.text.replace(",", ""))


INGESTED = Measured("1614", "Ingest")  # images/s, from a folder
IMAGES, MEGABYTES = Measured("9,144", "Benchmarks"), Measured("139", "Benchmarks")
TRAINED = Measured("16.3", "Training")  # images/s
EMBEDDED = Measured("63.2", "Embedding")  # images/s
PUBLISHED = Measured("6,515", "Publishing")  # records/s
PUSHED = Measured("5.0", "The remote")  # seconds for all of them
INDEXED, INDEX_MEGABYTES = Measured("200,000", "Index"), Measured("342", "Index")
FIGURES = (
    *(INGESTED, IMAGES, MEGABYTES, TRAINED, EMBEDDED),
    *(PUBLISHED, PUSHED, INDEXED, INDEX_MEGABYTES),
)


class Plan(NamedTuple):
    """What is assumed. Prices are in US dollars."""

    images: float = 1e8
    dimension: float = 384  # of the embedding
    learned: float = 1e6  # images to learn from
    epochs: float = 10
    tested: float = 1e5  # images to evaluate with
    processors: float = 256  # for what is spread over machines
    machine: float = 32  # processors of the one machine that has the memory for the rest
    processor_hour: float = 0.05
    gigabyte_month: float = 0.023  # of object storage


MEANING = {
    "images": "images, of the size of Caltech-101's",
    "dimension": "numbers of an embedding",
    "learned": "training images",
    "epochs": "epochs",
    "tested": "test images",
    "processors": "processors of the cluster that ingests, trains and embeds",
    "machine": "processors of the one machine that does the rest",
    "processor_hour": "dollars for an hour of a processor and its memory",
    "gigabyte_month": "dollars for a gigabyte of object storage and a month",
}


class Growth(NamedTuple):
    """A step of `bench.million` at two numbers of images."""

    images: tuple[float, float]
    seconds: tuple[float, float]
    processor_seconds: tuple[float, float]
    megabytes: tuple[float, float]  # memory

    @property
    def exponent(self) -> float:
        """Of processor time; where a constant start hides the growth, at least linear."""
        (fewer, more), (before, after) = self.images, self.processor_seconds
        return max(1.0, log(after / before) / log(more / fewer))

    def hours(self, images: float) -> float:
        times = images / self.images[1]
        return float(self.seconds[1] * times**self.exponent / HOUR)

    def memory(self, images: float) -> float:
        """Gigabytes, if each further image takes as much as the last ones did."""
        (fewer, more), (before, after) = self.images, self.megabytes
        return (after + max(0.0, after - before) / (more - fewer) * (images - more)) / 1e3


class Stage(NamedTuple):
    """A row of the table: what a stage takes."""

    name: str
    measured: str
    processor_hours: float
    hours: float
    gigabytes: float | None  # memory of one process


def section(heading: str) -> str:
    """What benchmarks.md has under a heading."""
    parts = re.split(r"^#+ (.+)\n", BENCHMARKS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def growth() -> dict[str, Growth]:
    """The two largest numbers of images of each step of `bench.million`, by the step's name."""
    found: dict[str, list[list[float]]] = {}
    row = r"^\| (\d+) \| (.+?) \| (\S+) \| (\S+) \| (\d+) \|"
    for images, name, *figures in re.findall(row, section(MILLION), re.M):
        found.setdefault(name, []).append([float(images), *map(float, figures)])
    return {name: Growth(*zip(*sorted(rows)[-2:], strict=True)) for name, rows in found.items()}


def stages(plan: Plan, steps: dict[str, Growth]) -> Iterator[Stage]:
    """Every stage, in the order of the pipeline."""

    def spread(name: str, rate: Measured, images: float) -> Stage:
        """Over the processors of the cluster, as the two that were measured."""
        hours = CORES * images / rate.value / HOUR
        memory = steps[name].memory(plan.images) if name in ("ingest", "embed") else None
        said = f"{rate.text} images/s on {CORES} processors"
        return Stage(name, said, hours, hours / plan.processors, memory)

    def alone(name: str) -> Stage:
        """On one machine, as long as it takes there."""
        step = steps[name]
        hours = step.hours(plan.images)
        said = (
            f"{step.images[1]:,.0f} images in {step.seconds[1]:,.0f} s, growth {step.exponent:.2f}"
        )
        return Stage(name, said, hours * plan.machine, hours, step.memory(plan.images))

    yield spread("ingest", INGESTED, plan.images)
    yield alone("split")
    yield spread("train", TRAINED, plan.learned * plan.epochs)
    yield spread("evaluate", EMBEDDED, plan.tested)
    yield spread("embed", EMBEDDED, plan.images)
    yield alone("index")
    yield alone("dvc commit")
    copied = plan.images / IMAGES.value * PUSHED.value / HOUR
    said = f"{MEGABYTES.text} MB in {PUSHED.text} s"
    yield Stage("dvc push", said, copied * plan.machine, copied, None)
    published = plan.images / PUBLISHED.value / HOUR
    said = f"{PUBLISHED.text} records/s"
    yield Stage("publish", said, published * plan.machine, published, None)


def storage(plan: Plan) -> Iterator[tuple[str, str, float]]:
    """What lies in storage: its name, by what it is computed, and bytes of an image."""
    images = MEGABYTES.value * 1e6 / IMAGES.value
    yield "images", f"measured: {MEGABYTES.text} MB of {IMAGES.text} images", images
    yield "embeddings", f"computed: {plan.dimension:.0f} numbers of 4 bytes", plan.dimension * FLOAT
    index = INDEX_MEGABYTES.value * 1e6 / INDEXED.value
    yield "index (Annoy)", f"measured: {INDEX_MEGABYTES.text} MB of {INDEXED.text} vectors", index


def table(header: str, rows: list[list[str]]) -> str:
    """A table of Markdown; all columns but the first two are numbers."""
    columns = header.split(" | ")
    line = ["---", "---", *["---:"] * (len(columns) - 2)]
    return "\n".join(
        "| " + " | ".join(row) + " |" for row in [columns, line[: len(columns)], *rows]
    )


def tables(plan: Plan) -> str:
    """Those of the page."""
    assumed = [[MEANING[name], f"{value:,.6g}"] for name, value in plan._asdict().items()]
    rows, total_hours, total = [], 0.0, 0.0
    for stage in stages(plan, growth()):
        dollars = stage.processor_hours * plan.processor_hour
        total_hours, total = total_hours + stage.hours, total + dollars
        memory = "" if stage.gigabytes is None else f"{stage.gigabytes:,.0f}"
        cells = [f"{stage.processor_hours:,.0f}", f"{stage.hours:,.1f}", memory, f"{dollars:,.0f}"]
        rows.append([stage.name, stage.measured, *cells])
    rows.append(["**all**", "", "", f"**{total_hours:,.0f}**", "", f"**{total:,.0f}**"])
    kept, bytes_, monthly = [], 0.0, 0.0
    for name, reason, each in storage(plan):
        held = each * plan.images
        price = held / GIGABYTE * plan.gigabyte_month
        bytes_, monthly = bytes_ + held, monthly + price
        kept.append([name, reason, f"{each:,.0f}", f"{held / TERABYTE:.2f}", f"{price:,.0f}"])
    kept.append(["**all**", "", "", f"**{bytes_ / TERABYTE:.2f}**", f"**{monthly:,.0f}**"])
    header = "stage | measured | processor-hours | hours | memory, GB | dollars"
    return "\n\n".join(
        [
            table("assumed | ", assumed),
            table(header, rows),
            table("kept | by | bytes an image | TB | dollars a month", kept),
        ]
    )


def page(text: str) -> str:
    """The page with its tables computed anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables(Plan())}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, meaning in MEANING.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, metavar="NUMBER", help=meaning)
    given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    if given:
        print(tables(Plan()._replace(**given)))
    else:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
