"""A stage that computes on another kind of processor than before says so in one line."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lookalike.core.choices import MODE
from lookalike.core.json_file import parse_json, write_json
from lookalike.core.layout import Layout
from lookalike.terminal.processor_change import EVERY, RECORD, note_processor, processor

CPUINFO = "processor\t: 0\nmodel name\t: {}\nflags\t\t: fpu {}\n\nprocessor\t: 1\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv(MODE, "machine")
    project = Layout(tmp_path)
    project.cache.mkdir()
    return project


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr("lookalike.terminal.processor_change.say", lines.append)
    return lines


@pytest.mark.parametrize(
    ("mode", "name", "flags", "kind"),
    [
        ("portable", "Intel Xeon", "avx2 fma avx512f", EVERY),
        ("portable", "AMD EPYC", "avx2 fma", EVERY),
        ("portable", "Intel Atom", "sse2", "Intel Atom"),
        ("machine", "Intel Xeon", "avx2 fma avx512f", "Intel Xeon, AVX-512"),
        ("machine", "AMD EPYC", "avx2 fma", "AMD EPYC"),
    ],
)
def test_a_kind_is_what_bytes_depend_on(
    tmp_path: Path, mode: str, name: str, flags: str, kind: str
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(CPUINFO.format(name, flags))
    assert processor(mode, cpuinfo) == kind


def test_the_same_processor_says_nothing(project: Layout, said: list[str]) -> None:
    note_processor("train", project)
    note_processor("train", project)
    assert said == []


def test_another_processor_is_one_line(project: Layout, said: list[str]) -> None:
    write_json(project.cache / RECORD, {"train": "Another 9000", "embed": "Another 9000"})
    note_processor("train", project)
    note_processor("train", project)
    (line,) = said
    assert line.startswith(f"train: computed on {processor('machine')}, before on Another 9000:")


def test_a_broken_record_is_no_record(project: Layout, said: list[str]) -> None:
    (project.cache / RECORD).write_text("[1]")
    note_processor("train", project)
    assert said == []


def test_a_stage_that_no_processor_changes_records_nothing(
    project: Layout, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MODE)
    note_processor("ingest", project)
    assert not (project.cache / RECORD).exists()


def test_stages_of_experiments_side_by_side_are_all_recorded(project: Layout) -> None:
    stages = [f"stage{number}" for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda stage: note_processor(stage, project), stages))
    assert parse_json((project.cache / RECORD).read_text()).keys() == set(stages)
