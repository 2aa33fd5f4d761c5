"""The public face: `import lookalike`."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lookalike as la
from lookalike.images.store import ImageStore

STUB = Path(la.__file__).with_suffix(".pyi")
PUBLIC = [
    "Added",
    "Annoy",
    "ById",
    "ConfigError",
    "DataError",
    "Embedder",
    "Exact",
    "Faiss",
    "FreshImages",
    "Hit",
    "ImageStore",
    "Index",
    "Like",
    "LookalikeError",
    "NotReadyError",
    "Prediction",
    "Project",
    "QueryError",
    "Reporter",
    "Retrieval",
    "SearchResult",
    "Searcher",
    "Text",
    "Url",
    "Usearch",
    "build_index",
    "evaluate_retrieval",
    "open_embedder",
    "open_images",
    "open_index",
    "open_project",
    "open_searcher",
    "reporting_to",
]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)


def test_the_public_names_are_exactly_these() -> None:
    assert sorted(la.__all__) == sorted(dir(la)) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(la, name).__doc__


def test_type_checkers_see_the_same_names() -> None:
    stub = ast.parse(STUB.read_text(encoding="utf-8"))
    aliases = [a for node in stub.body if isinstance(node, ast.ImportFrom) for a in node.names]
    assert sorted(alias.asname or "" for alias in aliases) == PUBLIC
    assert STUB.with_name("py.typed").is_file()


def test_importing_it_loads_no_heavy_library() -> None:
    heavy = ("torch", "pyarrow", "numpy", "PIL", "pydantic", "dvc", "rich", "annoy")
    done = run(f"import lookalike, sys; print([name for name in {heavy} if name in sys.modules])")
    assert done.stdout == "[]\n", done.stderr


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        la.no_such_name  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("name", ["ConfigError", "DataError", "QueryError", "NotReadyError"])
def test_every_error_is_a_lookalike_error(name: str) -> None:
    assert issubclass(getattr(la, name), la.LookalikeError)


def test_images_become_a_searchable_index_in_four_calls(
    tiny_images: ImageStore, tiny_model: Path, tmp_path: Path
) -> None:
    images = la.open_images(tiny_images.folder)
    embedder = la.open_embedder(tiny_model)
    vectors = embedder.embed(images)
    index = la.build_index(vectors, images.metadata, tmp_path / "index", la.Exact())
    assert len(index) == len(images)
    hits = index.search(vectors[7], 3)
    assert hits.rows[0] == 7
    assert hits.similarities[0] == pytest.approx(1)


def test_an_index_is_asked_with_its_model(
    tiny_model: Path, tiny_index: Path, tiny_source: Path
) -> None:
    searcher = la.open_searcher(tiny_model, tiny_index)
    result = searcher.search(tiny_source / "3/03.png", k=4, where="label = '3'")
    assert result.hits[0].path == "3/03.png"
    assert {hit.label for hit in result.hits} == {"3"}
    again = searcher.search(la.ById(result.hits[0].id), k=3, exclude_query=True)
    assert result.hits[0].id not in {hit.id for hit in again.hits}


def test_retrieval_is_scored_by_labels_of_any_kind() -> None:
    gallery = np.array([[1, 0], [0.9, 0.1], [0, 2]], np.float32)
    queries = np.array([[3, 0.1], [0, 1]], np.float32)
    found = la.evaluate_retrieval(queries, ["cat", 7], gallery, ["cat", "dog", 7], ranks=[1])
    assert found.summary()["recall_at_1"] == 1.0
    with pytest.raises(ValueError, match="1 labels for vectors"):
        la.evaluate_retrieval(queries, ["cat"], gallery, ["cat", "dog", 7])


SCRIPT = """
import lookalike as la

project = la.open_project(".")
searcher: la.Searcher = project.searcher()
result = searcher.search("photo.jpg", k=10, where="label = 'cat'", min_similarity=0.5)
labels: list[str | None] = [hit.label for hit in result.hits]
similar: float = result.hits[0].similarity
results = [r.to_dict() for r in searcher.search_many(["a.jpg", la.ById("0a36")], k=5)]
alike = searcher.search(la.Like("a.jpg", "b.jpg", unlike=["c.jpg"]), exclude_query=True)
images = la.open_images("data/images")
vectors = la.open_embedder("models/model").embed(images)
index: la.Index = la.build_index(vectors, images.metadata, "my-index", la.Annoy(target_recall=0.9))
width: int = images.picture(0).width
try:
    project.params.train.lr
except la.ConfigError as error:
    print(error)
"""


@pytest.mark.full
def test_a_strictly_typed_program_can_use_it(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "program.py"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout
