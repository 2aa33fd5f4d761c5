"""The command line, run as a user runs it: in processes of its own.

Each command starts anew in one test at least; in the others its process is forked from one that has
imported the library, which is the same but for a second of imports.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image
from tests.fixtures.commands import Forked

from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.storage import open_index

REPOSITORY = Path(__file__).parents[1]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path, tiny_export: Path, tiny_index: Path) -> Path:
    """A project with a model, its export and an index."""
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    shutil.copytree(REPOSITORY / "presets", tmp_path / "presets")
    (tmp_path / "data").mkdir()
    shutil.copy(REPOSITORY / "data" / "corrections.csv", tmp_path / "data")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model").symlink_to(tiny_model)
    (tmp_path / "models" / "export").symlink_to(tiny_export)
    shutil.copytree(tiny_index, tmp_path / "models" / "index")
    return tmp_path


@pytest.fixture
def run(project: Path, forked: Forked) -> Run:
    """Run `lookalike` in a folder of the project, in a process that has imported the library."""

    def lookalike(
        *arguments: object, folder: str = ".", **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return forked([str(argument) for argument in arguments], project / folder, **options)

    return lookalike


@pytest.fixture
def run_anew(project: Path) -> Run:
    """Run `lookalike` in a folder of the project, in a process that starts as a user's does."""

    def lookalike(*arguments: object, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lookalike", *map(str, arguments)],
            cwd=project,
            env={
                **os.environ,
                "PYTHONPATH": str(REPOSITORY / "src"),
                "OMP_NUM_THREADS": "1",
                "PYTHONIOENCODING": encoding,
            },
            encoding=encoding,
            capture_output=True,
        )

    return lookalike


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The line of a mistake, which is all that is said."""
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("lookalike: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def misuse(done: subprocess.CompletedProcess[str]) -> str:
    """What is said where a command is not used as it should be, its line breaks undone."""
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.replace("│", " ").split())


def test_a_search_prints_what_looks_like_the_image(run_anew: Run, tiny_source: Path) -> None:
    done = run_anew("search", tiny_source / "3/03.png", "-k", "4")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("looks like: ")
    assert lines[2].split() == ["1.0000", "3", "3/03.png"]
    assert len(lines) == 6


def test_a_search_from_a_folder_below_prints_json(
    run: Run, project: Path, tiny_source: Path
) -> None:
    (project / "notes").mkdir()
    done = run("search", tiny_source / "3/03.png", "--json", "-k", "2", folder="notes")
    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(answer) == ["query", "predictions", "hits"]
    assert answer["hits"][0]["path"] == "3/03.png"


def test_a_search_outside_a_project_takes_model_and_index_by_name(
    run: Run, project: Path, tiny_source: Path
) -> None:
    (project / "dvc.yaml").unlink()
    model, index = project / "models" / "model", project / "models" / "index"
    image = tiny_source / "0/00.png"
    done = run("search", image, "--json", "--model", model, "--index", index)
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["hits"]) == 10


def relabel(project: Path, label: str) -> None:
    """Give every image of the index another label."""
    folder = project / "models" / "index"
    index = open_index(folder)
    column = index.metadata.column_names.index("label")
    metadata = index.metadata.set_column(column, "label", pa.array([label] * len(index)))
    vectors = index.vectors.values.copy()
    build_index(vectors, metadata, folder, Exact(), index.description.model_sha256)


@pytest.mark.parametrize(
    "encoding",
    ["ascii", "utf-8", *(pytest.param(e, marks=pytest.mark.full) for e in ("latin-1", "cp1252"))],
)
def test_a_label_that_the_output_cannot_encode_is_escaped(
    encoding: str, run_anew: Run, project: Path, tiny_source: Path
) -> None:
    relabel(project, "猫")
    done = run_anew("search", tiny_source / "3/03.png", "-k", "1", encoding=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[-2] == ("猫" if encoding == "utf-8" else r"\u732b")
    as_json = run_anew("search", tiny_source / "3/03.png", "-k", "1", "--json", encoding=encoding)
    assert json.loads(as_json.stdout)["hits"][0]["label"] == "猫"


def test_a_label_does_not_command_the_terminal(run: Run, project: Path, tiny_source: Path) -> None:
    relabel(project, "\x1b[2J\u202e")
    for options in ((), ("--json",)):
        done = run("search", tiny_source / "3/03.png", "-k", "1", *options)
        assert done.returncode == 0
        assert "".join(done.stdout.splitlines()).isprintable()


def test_a_search_can_be_filtered(run: Run, tiny_source: Path) -> None:
    options = ("--where", "label = '4'", "--json", "-k", "100")
    hits = json.loads(run("search", tiny_source / "3/03.png", *options).stdout)["hits"]
    assert len(hits) == 20
    assert {hit["label"] for hit in hits} == {"4"}


def test_a_mistake_in_a_filter_is_a_mistake_in_use(run: Run, tiny_source: Path) -> None:
    done = run("search", tiny_source / "3/03.png", "--where", "label = 4")
    assert "where: character 9: expected text in single quotes" in misuse(done)


def test_a_query_that_is_no_image_is_one_line(run_anew: Run, project: Path) -> None:
    (project / "text.png").write_text("text")
    assert "text.png: cannot be searched for" in one_line(run_anew("search", "text.png"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.png", "-k", "0"], "-k"),
        ([], "name an image to search for"),
        (["--unlike", "a.png"], "--unlike needs --like"),
        (["a.png", "--json", "--csv"], "choose one of them"),
        (["a.png", "--min-similarity", "nan"], "--min-similarity"),
        (["a.png", "--min-similarity", "1.5"], "--min-similarity"),
        (["a.png", "--grid", "grid.gif"], "should end in .png or .html"),
        (["a.png", "--pictures"], "in a terminal that shows pictures"),
        (["a.png", "--color"], "--color"),
    ],
)
def test_a_search_that_is_misused_says_so(words: list[str], message: str, run: Run) -> None:
    assert message in misuse(run("search", *words))


def test_of_many_queries_those_that_fail_are_named_and_the_others_answered(
    run: Run, project: Path, tiny_source: Path
) -> None:
    (project / "text.png").write_text("text")
    words = (tiny_source / "3/03.png", "missing.png", tiny_source / "4", "*.png")
    done = run("search", *words, "--jsonl", "-k", "1", "--grid", "page.html")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [answer["hits"][0]["path"] for answer in answers] == [
        "3/03.png",
        *(f"4/{number:02d}.png" for number in range(20)),
    ]
    assert [line.partition(": cannot")[0] for line in done.stderr.splitlines()] == [
        "lookalike: missing.png",
        "lookalike: text.png",
    ]
    assert (project / "page.html").read_text().count("<section>") == 21


def test_an_image_from_stdin_is_searched_for(run: Run, tiny_source: Path) -> None:
    done = run("search", "-", "--json", "-k", "1", stdin=tiny_source / "5/05.png")
    assert done.returncode == 0
    assert json.loads(done.stdout)["hits"][0]["path"] == "5/05.png"


def test_examples_and_counterexamples_are_one_query(run: Run, tiny_source: Path) -> None:
    likes = (tiny_source / "3/03.png", tiny_source / "3/04.png")
    done = run("search", "--like", *likes, "--unlike", tiny_source / "1", "--json", "-k", "5")
    answer = json.loads(done.stdout)
    assert answer["query"].startswith(f"{likes[0]}, {likes[1]}; unlike {tiny_source / '1/00.png'}")
    assert {hit["label"] for hit in answer["hits"]} == {"3"}


def test_a_reader_that_stops_early_is_no_mistake(project: Path, tiny_source: Path) -> None:
    script = '"$0" -m lookalike search "$1" --csv | head -n 1'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable, tiny_source],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        text=True,
        capture_output=True,
    )
    assert done.stdout.startswith('"query","rank"')
    assert "Traceback" not in done.stderr


def test_a_terminal_that_shows_pictures_is_sent_them(project: Path, tiny_source: Path) -> None:
    terminal, inside = os.openpty()
    command = ["search", str(tiny_source / "3/03.png"), "-k", "2", "--pictures"]
    with subprocess.Popen(
        [sys.executable, "-m", "lookalike", *command],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "TERM": "xterm-kitty"},
        stdout=inside,
    ) as process:
        os.close(inside)
        printed = b"".join(iter(lambda: read_terminal(terminal), b"")).decode()
    assert process.returncode == 0
    start, table = printed.split("\x1b\\\r\n", 1)
    chunks = re.findall("\x1b_G[^;]*;([^\x1b]*)", start)
    picture = Image.open(BytesIO(base64.b64decode("".join(chunks))))
    assert (picture.format, picture.height) == ("PNG", 96)
    assert "looks like: " in table
    assert "1.0000" in table


def read_terminal(terminal: int) -> bytes:
    """What a process has printed; nothing once it has ended."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_the_shell_completes_commands_and_options(project: Path) -> None:
    code = "import sys; sys.argv = ['lookalike']; from lookalike.cli import main; main()"

    def completed(words: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=project,
            env={
                **os.environ,
                "PYTHONPATH": str(REPOSITORY / "src"),
                "_LOOKALIKE_COMPLETE": "complete_bash",
                "COMP_WORDS": f"lookalike {words}",
                "COMP_CWORD": str(len(words.split())),
            },
            text=True,
            capture_output=True,
        )
        return done.stdout.split()

    assert completed("sea") == ["search"]
    assert completed("search --min") == ["--min-similarity"]
    assert completed("preset di") == ["digits", "dinov2", "dinov3"]


def test_help_and_completion_load_nothing_heavy() -> None:
    code = (
        "import sys, lookalike.cli; print(*{'torch', 'numpy', 'pyarrow', 'PIL'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        text=True,
        capture_output=True,
    )
    assert (done.stdout, done.stderr) == ("\n", "")


def test_an_index_without_its_engine_is_one_line(run: Run, project: Path) -> None:
    (project / "models" / "index" / "embeddings.ann").unlink()
    assert "embeddings.ann: missing" in one_line(run("search", "a.png"))


def test_an_index_of_another_model_is_one_line(run: Run, project: Path) -> None:
    description = project / "models" / "index" / "index.json"
    content = json.loads(description.read_text()) | {"model_sha256": "0" * 64}
    description.write_text(json.dumps(content))
    assert "was built with the model 000000000000" in one_line(run("search", "a.png"))


@pytest.mark.parametrize("command", [["check"], ["preset"], ["publish"]])
def test_outside_a_project_commands_of_the_pipeline_are_one_line(
    command: list[str], run: Run, project: Path
) -> None:
    (project / "dvc.yaml").unlink()
    assert "no dvc.yaml here or above" in one_line(run(*command))


def test_a_valid_project_is_checked_in_one_line(run: Run, run_anew: Run) -> None:
    run("preset", "digits")
    done = run_anew("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "params.yaml is valid; the source is the built-in digits\n"


def test_a_mistake_in_the_parameters_is_one_line(run: Run, project: Path) -> None:
    params = project / "params.yaml"
    params.write_text(params.read_text().replace(" backbone:", " bachbone:"))
    assert "did you mean train.backbone?" in one_line(run("check"))


def test_the_presets_are_listed(run: Run) -> None:
    done = run("preset")
    names = "caltech101 clip digits dinov2 dinov3 eurosat mobilenet photos siglip2 smoke"
    assert done.stdout.split() == names.split()


def test_a_preset_is_put_into_the_parameters(run_anew: Run, project: Path) -> None:
    (project / "presets" / "mine.yaml").write_text("ingest: {source: photos}\n")
    done = run_anew("preset", "mine")
    assert done.stdout == "params.yaml now holds the preset mine; run it with: dvc repro\n"
    assert "  source: photos\n" in (project / "params.yaml").read_text()


def test_the_version_is_that_of_the_installed_package(run_anew: Run) -> None:
    done = run_anew("--version")
    assert (done.returncode, done.stdout) == (0, f"lookalike {version('lookalike')}\n")


@pytest.mark.parametrize("address", ["s3://bucket/photos", "https://example.org/photos.zip"])
def test_a_preset_takes_an_address_as_its_source(run: Run, project: Path, address: str) -> None:
    assert run("preset", "photos", "--source", address).returncode == 0
    assert f"  source: {address}\n" in (project / "params.yaml").read_text()


def test_an_unknown_preset_is_one_line(run: Run) -> None:
    assert "preset digit: there is none; there are caltech101" in one_line(run("preset", "digit"))


def test_before_the_pipeline_has_run_there_are_no_results(run_anew: Run) -> None:
    assert "metrics/evaluate.json: missing; run the pipeline first" in one_line(run_anew("results"))


def test_the_report_is_written_where_it_is_asked_for(run_anew: Run, project: Path) -> None:
    assert "metrics/evaluate.json: missing; run the pipeline first" in one_line(run_anew("report"))
    (project / "metrics").mkdir()
    (project / "metrics" / "evaluate.json").write_text('{"test_images": 3, "queries": 0}')
    done = run_anew("report", "-o", "page.html")
    assert done.stdout == "page.html shows the last run; it needs nothing but itself\n"
    assert "3 test images" in (project / "page.html").read_text()


def test_without_an_address_nothing_is_published(
    run_anew: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    for arguments in ((), ("--verify",)):
        assert "MONGODB_URI is not set" in one_line(run_anew("publish", *arguments))


def test_a_damaged_index_is_found_by_verifying(run: Run, project: Path, tiny_source: Path) -> None:
    path = project / "models" / "index" / "vectors.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    failed = one_line(run("search", tiny_source / "3/03.png", "--verify"))
    assert "vectors.npy: has the fingerprint" in failed


def test_help_names_every_command(run_anew: Run) -> None:
    done = run_anew("--help")
    assert done.returncode == 0
    assert all(
        command in done.stdout
        for command in ("search", "check", "preset", "publish", "results", "report")
    )


@pytest.mark.parametrize(
    "command",
    [
        ["report", "-o"],
        ["duplicates", "--gallery"],
        ["stac-items", "catalog", "-o"],
        ["pin", "hf://datasets/a/b", "-o"],
    ],
)
@pytest.mark.parametrize("place", ["photos", "photos/", "..", "."])
def test_no_command_writes_over_a_folder(
    run: Run, project: Path, command: list[str], place: str
) -> None:
    (project / "below" / "photos").mkdir(parents=True)
    (project / "below" / "photos" / "precious.jpg").touch()
    before = sorted(project.rglob("*"))
    line = one_line(run(*command, place, folder="below"))
    assert "is a folder; name a file to write" in line
    assert sorted(project.rglob("*")) == before
