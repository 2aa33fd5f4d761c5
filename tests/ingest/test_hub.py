"""Data sets of the Hugging Face Hub, from a server on this machine that answers as it does."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.pins import write_pin
from lookalike.ingest.source import Candidate, Source

from .hub_server import NAME, NEW, OLD, Hub, serving
from .test_parquet_images import write

OneLineError = Callable[..., AbstractContextManager[None]]
ADDRESS = f"hf://datasets/{NAME}"
BESIDE = {".gitattributes": b"*.parquet filter=lfs", "README.md": b"A data set."}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """The server, which `HF_ENDPOINT` names; the project is the working directory."""
    pytest.importorskip("huggingface_hub")
    with serving() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.chdir(tmp_path)
        yield server


@pytest.fixture
def parquet(tmp_path: Path, digit_files: dict[str, bytes]) -> dict[str, bytes]:
    """Two Parquet files: 20 digits for training, 4 for the test."""
    some = list(digit_files.items())
    write(tmp_path / "train", dict(some[:20]))
    write(tmp_path / "test", dict(some[20:]))
    return {
        f"data/{name}-00000-of-00001.parquet": (tmp_path / name).read_bytes()
        for name in ("train", "test")
    }


def opened(address: str) -> tuple[Source, list[Candidate]]:
    """The source at an address, by way of a pin, and what it has."""
    write_pin(address, Path("source.pin"))
    params = IngestParams(source="source.pin")
    source = open_source(params)
    return source, make_manifest(source, params).candidates


@pytest.mark.parametrize(
    ("revision", "commit"),
    [("", NEW), ("@v1.0", OLD), ("@refs%2Fpr%2F1", OLD), ("@refs/pr/1", OLD), (f"@{OLD}", OLD)],
)
def test_a_pin_is_the_commit_that_a_revision_is_now(hub: Hub, revision: str, commit: str) -> None:
    write_pin(f"{ADDRESS}{revision}", Path("source.pin"))
    assert Path("source.pin").read_text() == f"{ADDRESS}@{commit}\n"


def test_a_folder_may_be_pinned(hub: Hub) -> None:
    assert write_pin(f"{ADDRESS}@v1.0/data/a", Path("source.pin")) == f"{ADDRESS}@{OLD}/data/a"


def test_parquet_files_are_images_with_classes_and_splits(
    hub: Hub, parquet: dict[str, bytes], digit_files: dict[str, bytes]
) -> None:
    hub.commits[NEW] = parquet | BESIDE
    source, found = opened(ADDRESS)
    assert {source.read(candidate) for candidate in found} == set(digit_files.values())
    assert [candidate.source_split for candidate in found] == ["test"] * 4 + ["train"] * 20
    assert {candidate.label for candidate in found} == {"zero", "one", "two"}
    uri = f"{ADDRESS}@{NEW}/data/test-00000-of-00001.parquet#0"
    assert (found[0].path, found[0].uri) == ("test-00000-of-00001/00000000.png", uri)


def test_what_is_pinned_stays_when_the_branch_moves_on(hub: Hub, parquet: dict[str, bytes]) -> None:
    hub.commits[OLD] = parquet
    write_pin(f"{ADDRESS}@v1.0", Path("source.pin"))
    hub.revisions["v1.0"] = NEW
    assert len(open_source(IngestParams(source="source.pin")).candidates()) == 24


def test_each_parquet_file_is_copied_once(hub: Hub, parquet: dict[str, bytes]) -> None:
    hub.commits[NEW] = parquet
    source, found = opened(ADDRESS)
    for candidate in found:
        source.read(candidate)
    read = [path for path in hub.asked if "/resolve/" in path]
    assert len(read) == len(set(read)) == 2


def test_splits_may_be_folders_of_parquet_files(hub: Hub, parquet: dict[str, bytes]) -> None:
    train, test = parquet.values()
    hub.commits[NEW] = {"train/0000.parquet": train, "test/0000.parquet": test}
    _, found = opened(ADDRESS)
    assert [candidate.source_split for candidate in found] == ["test"] * 4 + ["train"] * 20
    assert found[0].path == "test/0000/00000000.png"


def test_one_of_several_data_sets_is_to_be_named(
    hub: Hub, parquet: dict[str, bytes], one_line_error: OneLineError
) -> None:
    train, test = parquet.values()
    hub.commits[NEW] = {"large/train.parquet": train, "small/train.parquet": test}
    with one_line_error("several data sets", "large", "small", f"pin one of them: {ADDRESS}@"):
        opened(ADDRESS)
    assert len(opened(f"{ADDRESS}/small")[1]) == 4
    assert len(opened(f"{ADDRESS}/large/train.parquet")[1]) == 20


def test_files_in_folders_are_read_with_their_label_file(
    hub: Hub, digit_files: dict[str, bytes]
) -> None:
    names = {path: f"{path.replace('/', '-')}" for path in digit_files}
    table = "file_name,label\n" + "".join(f"{n},{p[0]}\n" for p, n in names.items())
    hub.commits[NEW] = {f"train/{names[path]}": data for path, data in digit_files.items()}
    hub.commits[NEW] |= {"train/metadata.csv": table.encode()} | BESIDE
    source, found = opened(ADDRESS)
    assert {candidate.label for candidate in found} == {"0", "1", "2"}
    assert {candidate.source_split for candidate in found} == {"train"}
    assert {source.read(candidate) for candidate in found} == set(digit_files.values())


def test_an_archive_is_read_in_place(
    hub: Hub, digit_files: dict[str, bytes], archived: Callable[[dict[str, bytes], str], bytes]
) -> None:
    hub.commits[NEW] = {"digits.zip": archived(digit_files, "zip")}
    _, found = opened(f"{ADDRESS}/digits.zip")
    assert [candidate.path for candidate in found] == sorted(digit_files)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("hf://datasets/owner/nothing", "hf://datasets/owner/nothing: there is no such"),
        (f"{ADDRESS}@v9", f"{ADDRESS}@v9: there is no such"),
        (f"hf://{NAME}", "is not hf://datasets/OWNER/NAME"),
        ("hf://datasets/digits", "is not hf://datasets/OWNER/NAME"),
        ("s3://bucket/photos", "only hf:// and dvc:// are pinned"),
        ("dvc://https://user:SECRET@host/a.git#b", "holds a password or token"),
    ],
)
def test_what_cannot_be_pinned_is_one_line(
    hub: Hub, one_line_error: OneLineError, address: str, words: str
) -> None:
    with one_line_error(words):
        write_pin(address, Path("source.pin"))
    assert not Path("source.pin").exists()


def test_an_empty_folder_is_one_line(hub: Hub, one_line_error: OneLineError) -> None:
    with one_line_error(f"ingest.source: {ADDRESS}@{NEW}/nothing: holds no files"):
        opened(f"{ADDRESS}/nothing")


def test_a_hub_that_is_out_of_reach_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, one_line_error: OneLineError
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with one_line_error(ADDRESS, "check the address and the network"):
        write_pin(f"{ADDRESS}@out-of-reach", tmp_path / "source.pin")


def test_without_its_package_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, one_line_error: OneLineError
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with one_line_error("pip install 'lookalike[hf]'"):
        write_pin(ADDRESS, tmp_path / "source.pin")


@pytest.mark.parametrize("text", ["", ADDRESS, f"{ADDRESS}@main", "s3://bucket", "a\nb", "\0"])
def test_a_file_that_is_no_pin_is_one_line(
    tmp_path: Path, one_line_error: OneLineError, text: str
) -> None:
    (tmp_path / "source.pin").write_text(text)
    with one_line_error("ingest.source: source.pin: holds no address at a commit"):
        open_source(IngestParams(source="source.pin"), tmp_path)
