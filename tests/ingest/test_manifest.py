"""What a source's names say: the layouts that people have."""

import io
import tarfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.ingest.manifest import Manifest, make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams


def make(root: Path, *paths: str, data: bytes = b"x") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def manifest_of(source: Path, **params: Any) -> Manifest:
    read = IngestParams(source=str(source), **params)
    return make_manifest(open_source(read), read)


def labels(manifest: Manifest) -> Counter[tuple[str | None, str | None]]:
    return Counter((file.label, file.source_split) for file in manifest.candidates)


def split_folders(root: Path, *names: str) -> None:
    for name, count in zip(names, (8, 3, 3), strict=True):
        for label in ("cat", "dog"):
            make(root, *(f"{name}/{label}/{n}.jpg" for n in range(count // 2)))
        make(root, *([f"{name}/cat/odd.jpg"] if count % 2 else []))


@pytest.mark.parametrize(
    "names", [("train", "valid", "test"), ("Training", "val", "TEST"), ("train", "dev", "testing")]
)
def test_split_folders_are_splits_and_no_classes(tmp_path: Path, names: tuple[str, ...]) -> None:
    split_folders(tmp_path, *names)
    manifest = manifest_of(tmp_path)
    assert {label for label, _ in labels(manifest)} == {"cat", "dog"}
    assert manifest.describe() == (
        f"14 files in 2 classes, 8/3/3 by the folders {', '.join(names)}"
    )


def test_split_folders_can_be_read_as_classes(tmp_path: Path) -> None:
    split_folders(tmp_path, "train", "valid", "test")
    manifest = manifest_of(tmp_path, split_folders="none")
    assert manifest.describe() == "14 files in 6 classes"


def test_flat_split_folders_are_unlabeled(tmp_path: Path) -> None:
    make(tmp_path, "train/1.jpg", "train/2.jpg", "test/3.jpg")
    assert labels(manifest_of(tmp_path)) == {(None, "train"): 2, (None, "test"): 1}


def test_files_beside_split_folders_are_said(tmp_path: Path) -> None:
    make(tmp_path, "train/cat/1.jpg", "test/cat/2.jpg", "more/cat/3.jpg")
    manifest = manifest_of(tmp_path)
    assert labels(manifest)[None, None] == 1
    assert "the first is 'more/cat/3.jpg'" in manifest.remarks[0]


def test_hidden_and_service_folders_are_no_classes(tmp_path: Path) -> None:
    make(tmp_path, "cat/1.jpg", "dog/1.jpg")
    make(tmp_path, ".ipynb_checkpoints/1.jpg", "cat/@eaDir/1.jpg/THUMB.jpg", "dog/#Recycle/2.jpg")
    manifest = manifest_of(tmp_path)
    assert labels(manifest) == {("cat", None): 1, ("dog", None): 1}
    assert [file.kind for file in manifest.set_aside] == ["service file"] * 3
    assert manifest.files == 5


def test_sidecars_are_set_aside(tmp_path: Path) -> None:
    make(tmp_path, "cat/1.jpg", "cat/1.jpg.json", "cat/1.txt", "README.md", "LICENSE", "cat/1.MOV")
    manifest = manifest_of(tmp_path)
    assert [file.path for file in manifest.candidates] == ["cat/1.jpg"]
    assert manifest.lines() == ["by their names no images, and not counted: 5 sidecars"]


def test_composed_and_decomposed_spellings_are_one_class(tmp_path: Path) -> None:
    make(tmp_path, normalize("NFC", "café/1.jpg"), normalize("NFD", "café/2.jpg"))
    manifest = manifest_of(tmp_path)
    assert labels(manifest) == {(normalize("NFC", "café"), None): 2}
    assert "decomposed Unicode" in manifest.remarks[0]


@pytest.mark.parametrize("label", ["NA", "null", "007", "1.5", "a,b", 'q"uote', "new\nline", "~"])
def test_a_label_is_the_text_of_its_folder(tmp_path: Path, label: str) -> None:
    make(tmp_path, f"{label}/1.jpg")
    assert labels(manifest_of(tmp_path)) == {(label, None): 1}


def test_a_label_file_names_labels_and_splits(tmp_path: Path) -> None:
    make(tmp_path, "images/1.jpg", "images/2.jpg", "images/3.jpg")
    (tmp_path / "metadata.csv").write_text(
        "file_name,label,split\nimages/1.jpg,cat,train\nimages/2.jpg,dog,test\n"
    )
    manifest = manifest_of(tmp_path)
    assert labels(manifest) == {("cat", "train"): 1, ("dog", "test"): 1, (None, None): 1}
    assert "metadata.csv: the labels of 2 of 3 files" in manifest.remarks


NAMES = st.sampled_from(["cat", "dog", "train", "test", "@eaDir", ".x", "café", "a b", "1"])
FILES = st.sampled_from(["1.jpg", "2.png", "Thumbs.db", "1.jpg.json", "README", "3"])
PATHS = st.tuples(st.lists(NAMES, max_size=3), FILES).map(lambda p: "/".join([*p[0], p[1]]))


@given(st.sets(PATHS, min_size=1, max_size=12).filter(lambda paths: not _clash(paths)))
def test_an_archive_is_understood_as_the_folder_is(
    tmp_path_factory: pytest.TempPathFactory, paths: set[str]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    make(root / "photos", *paths)
    with zipfile.ZipFile(root / "photos.zip", "w") as zipped:
        for path in paths:
            zipped.writestr(path, b"x")
    with tarfile.open(root / "photos.tar", "w") as tar:
        for path in paths:
            info = tarfile.TarInfo(path)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
    of_folder = _understood(manifest_of(root / "photos"))
    assert _understood(manifest_of(root / "photos.zip")) == of_folder
    assert _understood(manifest_of(root / "photos.tar")) == of_folder


def _clash(paths: set[str]) -> bool:
    return any(other.startswith(f"{path}/") for path in paths for other in paths)


def _understood(manifest: Manifest) -> object:
    assert manifest.files == len(manifest.candidates) + len(manifest.set_aside)
    files = [(file.path, file.label, file.source_split) for file in manifest.candidates]
    return files, manifest.set_aside, manifest.lines(), manifest.describe()
