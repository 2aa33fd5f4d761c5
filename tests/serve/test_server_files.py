"""Images by path: only from inside of one folder."""

from pathlib import Path

import pytest
from tests.serve.conftest import Serving

from lookalike.core.errors import QueryError
from lookalike.serve.server_files import read_inside


@pytest.fixture
def root(tmp_path: Path, digit: bytes) -> Path:
    folder = tmp_path / "root"
    (folder / "inside").mkdir(parents=True)
    (folder / "inside/image.png").write_bytes(digit)
    (folder / "text.txt").write_text("text")
    (tmp_path / "secret.png").write_bytes(digit)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    (folder / "up").symlink_to(tmp_path)
    return folder


def test_a_file_inside_is_searched_for(serving: Serving, root: Path) -> None:
    with serving(images_root=str(root)) as client:
        answer = client.post("/predict", json={"path": "inside/image.png", "k": 1})
        assert answer.json()["hits"][0]["path"] == "3/03.png"
        assert client.post("/predict", json={"path": "up/secret.png"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "../secret.png",
        "inside/../../secret.png",
        "/etc/passwd",
        "link.png",
        "up/secret.png",
        "circle.png",
        "missing.png",
        "a\0b",
        "a" * 5000,
        "\ud800",
    ],
)
def test_what_is_outside_is_as_if_it_were_not_there(root: Path, path: str) -> None:
    with pytest.raises(QueryError, match="there is no such file"):
        read_inside(root, path, 1000)


@pytest.mark.parametrize(("path", "words"), [("text.txt", "image"), ("inside", "regular file")])
def test_what_is_no_image_is_refused(root: Path, path: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        read_inside(root, path, 1000)


def test_a_file_that_is_too_large_is_refused(root: Path) -> None:
    with pytest.raises(QueryError, match="more than 5 allowed"):
        read_inside(root, "inside/image.png", 5)
