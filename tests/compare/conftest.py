"""Small projects as Git repositories, whose evaluations, splits and pictures tests make up."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from lookalike.compare.query import Query
from lookalike.compare.snapshot import WORKSPACE, Snapshot
from lookalike.core.csv_file import write_csv
from lookalike.core.json_file import to_json
from lookalike.core.layout import Layout
from lookalike.evaluate.query_table import QUERY_COLUMNS
from lookalike.images.split_file import write_split
from lookalike.index.metadata import complete_metadata, write_metadata
from lookalike.index.thumbnails import SCHEMA


class Repository:
    """A project under version control, with a cache."""

    def __init__(self, root: Path) -> None:
        self.root, self.layout = root, Layout(root)
        root.mkdir()
        self.git("init", "--quiet", "--initial-branch", "main")
        self.write("dvc.yaml", "stages: {}\n")
        self.write(".dvc/config", "")
        self.write(".dvc/.gitignore", "/config.local\n/tmp\n/cache\n")
        self.write(".gitignore", "/.dvc/cache/\n/.dvc/tmp/\n/data/split.csv\n/models/\n")
        self.write("params.yaml", "train: {lr: 0.1}\n")
        self.write("data/libraries.json", to_json({"torch": "2.0"}))
        self._locked: dict[str, str] = {}

    def git(self, *arguments: str) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        names = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        done = subprocess.run(
            ["git", *names, *arguments],
            cwd=self.root,
            env=environment | {"GIT_CONFIG_GLOBAL": os.devnull},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def queries(self, queries: dict[str, Query]) -> None:
        """Write what `evaluate` writes, and the split of the same images."""
        rows = [(id, *query) for id, query in queries.items()]
        write_csv(self.layout.evaluation / "queries.csv", QUERY_COLUMNS, rows)

    def split(self, samples: dict[str, tuple[str, str]]) -> None:
        """Write a split of labels and subsets by id, into the cache and the lock file, too."""
        rows = [(id, f"{id}.png", label, side) for id, (label, side) in samples.items()]
        write_split(self.layout.split, rows)
        self._lock("data/split.csv", self.cached(self.layout.split.read_bytes()))

    def thumbnails(self, colors: dict[str, str], vectors: np.ndarray | None = None) -> None:
        """Write the index's pictures, of one color each, and its vectors of length 1."""
        folder = self.layout.index
        folder.mkdir(parents=True, exist_ok=True)
        ids = list(colors)
        rows = {
            "id": ids,
            "path": [f"{id}.png" for id in ids],
            "source": ids,
            "width": pa.array([8] * len(ids), pa.int32()),
            "height": pa.array([8] * len(ids), pa.int32()),
        }
        metadata = complete_metadata(pa.table(rows), np.ones(len(ids), np.float32))
        write_metadata(metadata, folder / "metadata.arrow")
        encoded = []
        for color in colors.values():
            Image.new("RGB", (8, 8), color).save(self.root / ".dvc/tile.webp", lossless=True)
            encoded.append((self.root / ".dvc/tile.webp").read_bytes())
        (self.root / ".dvc/tile.webp").unlink()
        with pa.ipc.new_file(folder / "thumbnails.arrow", SCHEMA) as writer:
            writer.write_table(pa.table({"thumbnail": encoded}, schema=SCHEMA))
        if vectors is not None:
            np.save(folder / "vectors.npy", vectors.astype(np.float32))
        listed = [
            {"md5": self.cached(file.read_bytes()), "relpath": file.name}
            for file in sorted(folder.iterdir())
        ]
        self._lock("models/index", self.cached(json.dumps(listed).encode(), ".dir"))

    def cached(self, data: bytes, ending: str = "") -> str:
        """Put data into DVC's cache, and give its hash."""
        md5 = hashlib.md5(data).hexdigest() + ending
        file = self.root / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return md5

    def at(self, name: str = WORKSPACE) -> Snapshot:
        return Snapshot(self.layout, name)

    def _lock(self, path: str, md5: str) -> None:
        self._locked[path] = md5
        outs = [{"path": path, "md5": md5} for path, md5 in self._locked.items()]
        self.write("dvc.lock", to_json({"schema": "2.0", "stages": {"all": {"outs": outs}}}))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A project without results."""
    return Repository(tmp_path / "project")


def query(label: str = "cat", predicted: str = "cat", found: float = 1.0) -> Query:
    """A test image; its average precision is what is found of the others."""
    return Query(f"{label}.png", label, predicted, None, float(predicted == label), found, found)


@pytest.fixture
def compared(repository: Repository) -> Repository:
    """`main` with 40 right test images of two classes, and a workspace with changes of each kind.

    There, image 0 and 1 of the cats are taken for dogs, 39 is new, and two parameters differ.
    """
    labels = {f"{number:02d}": "cat" if number < 20 else "dog" for number in range(40)}
    before = {id: query(label, label)._replace(nearest="05") for id, label in labels.items()}
    del before["39"]
    samples = {id: (label, "test") for id, label in labels.items() if id != "39"}
    samples |= {"train": ("cat", "train"), "gone": ("dog", "train")}
    repository.queries(before)
    repository.split(samples)
    repository.thumbnails(dict.fromkeys([*samples], "red"))
    repository.commit()
    after = before | {"39": query("dog", "dog")}
    for id in ("00", "01"):
        after[id] = before[id]._replace(predicted="dog", accuracy=0.0, nearest="30")
    repository.queries(after)
    del samples["gone"]
    repository.split(samples | {"39": ("dog", "test"), "train": ("dog", "valid")})
    repository.thumbnails({**dict.fromkeys(samples, "blue"), "39": "lime"})
    repository.write("params.yaml", "train: {lr: 0.2, epochs: 3}\n")
    repository.write("data/libraries.json", to_json({"torch": "2.1"}))
    return repository


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run a command in a project; its exit code and what it printed."""
    from typer.testing import CliRunner

    from lookalike.cli import app

    def call(root: Path, *arguments: str) -> tuple[int, str]:
        monkeypatch.chdir(root)
        done = CliRunner().invoke(app, list(arguments))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    return call
