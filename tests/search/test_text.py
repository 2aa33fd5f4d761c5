"""Text and images in one space: searched for in words, alone and together with images."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.serve.conftest import Serving, serving, settings

import lookalike as la
from lookalike.core.choices import RuntimeChoice
from lookalike.model.backbones import check_backbone
from lookalike.model.network import normalize
from lookalike.search.searcher import Searcher, open_searcher

__all__ = ["serving", "settings"]  # fixtures that these tests share with the service's

OneLineError = Callable[..., AbstractContextManager[None]]

open_clip = pytest.importorskip("open_clip")

CHAIR = "a red chair"


@pytest.fixture(scope="module")
def searcher(tiny_clip: Path) -> Searcher:
    return open_searcher(tiny_clip / "model", tiny_clip / "index")


def by_open_clip(folder: Path, text: str) -> np.ndarray:
    """The embedding of a text by open_clip alone, with the same weights."""
    model = open_clip.CLIP(**open_clip.get_model_config("tiny-clip")).eval()
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    with torch.inference_mode():
        found: np.ndarray = model.encode_text(open_clip.tokenize([text])).numpy()[0]
    return found


@pytest.mark.parametrize("runtime", ["torch", "onnxruntime"])
def test_text_finds_the_images_that_open_clip_finds(
    runtime: RuntimeChoice, tiny_clip: Path
) -> None:
    export = tiny_clip / "export"
    searcher = open_searcher(
        tiny_clip / "model", tiny_clip / "index", runtime=runtime, export=export
    )
    found = searcher.search(la.Text(CHAIR), k=5)
    vectors = normalize(torch.tensor(np.asarray(searcher.index.vectors.values)))
    text = normalize(torch.tensor(by_open_clip(tiny_clip, CHAIR))[None])[0]
    expected = (vectors @ text).sort(descending=True, stable=True).values[:5]
    similarities = [hit.similarity for hit in found.hits]
    assert similarities == pytest.approx(expected.tolist(), abs=1e-4)
    assert (found.query, found.predictions) == (f'"{CHAIR}"', [])


def test_images_of_the_model_are_embedded_as_open_clip_embeds_them(
    tiny_clip: Path, searcher: Searcher, tiny_source: Path
) -> None:
    first = searcher.search(tiny_source / "2/05.png", k=1).hits[0]
    assert first.path == "2/05.png"


def test_words_and_images_are_examples_of_one_query(searcher: Searcher, tiny_source: Path) -> None:
    image = tiny_source / "3/11.png"
    text, both, without = (
        searcher.prepare(query)
        for query in (
            la.Text(CHAIR),
            la.Like(la.Text(CHAIR), image),
            la.Like(image, unlike=[la.Text(CHAIR)]),
        )
    )
    words, mean, difference = (encoded.vector for encoded in searcher.encode([text, both, without]))
    (alone,) = searcher.encode([searcher.prepare(image)])

    def unit(vector: np.ndarray) -> np.ndarray:
        normal: np.ndarray = vector / np.linalg.norm(vector)
        return normal

    assert np.allclose(mean, (unit(words) + unit(alone.vector)) / 2, atol=1e-6)
    assert np.allclose(difference, unit(alone.vector) - 0.2 * unit(words), atol=1e-6)


@pytest.mark.parametrize(("text", "problem"), [(" ", "empty"), ("chair " * 100, "202|102 tokens")])
def test_a_text_that_the_model_cannot_read_whole_is_refused(
    text: str, problem: str, searcher: Searcher
) -> None:
    with pytest.raises(la.QueryError, match=problem):
        searcher.search(la.Text(text))


def test_a_model_of_images_alone_says_that_it_knows_no_text(
    tiny_model: Path, tiny_index: Path
) -> None:
    with pytest.raises(la.QueryError, match="the model knows no text"):
        open_searcher(tiny_model, tiny_index).search(la.Text(CHAIR))


@pytest.mark.full
def test_the_command_line_takes_words(tiny_clip: Path, tiny_source: Path) -> None:
    def search(*words: str) -> subprocess.CompletedProcess[str]:
        places = ("--model", str(tiny_clip / "model"), "--index", str(tiny_clip / "index"))
        command = [sys.executable, "-m", "lookalike", "search", *words, *places, "--csv", "-k", "1"]
        return subprocess.run(command, capture_output=True, text=True)

    image = str(tiny_source / "3/11.png")
    done = search("--text", CHAIR, "--like", image, "--unlike", image)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_the_service_takes_words(tiny_clip: Path, serving: Serving, searcher: Searcher) -> None:
    with serving(model=tiny_clip / "model", index=tiny_clip / "index") as client:
        assert client.get("/version").json()["has_text"]
        answer = client.post("/predict", json={"text": CHAIR, "k": 3})
        expected = searcher.search(la.Text(CHAIR), k=3).to_dict()
        assert answer.json() == expected
        image_id = expected["hits"][0]["id"]
        together = client.post("/predict", json={"text": CHAIR, "like": [image_id]})
        assert together.json()["query"] == f'{image_id}, "{CHAIR}"'
        refused = client.post("/predict", json={"text": ""})
        assert refused.status_code == 422
        assert "should not be empty" in refused.json()["error"]["message"]


# --- the backbone ----------------------------------------------------------------------------


def test_without_the_extra_the_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with one_line_error("open_clip", "pip install 'lookalike[text]'"):
        check_backbone("open_clip/ViT-B-32")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("open_clip/ViT-B-33", "open_clip/ViT-B-32"),
        ("open_clip/ViT-B-16-SigLIP", "a tokenizer or a decoder of another library"),
        ("open_clip/coca_ViT-B-32", "a tokenizer or a decoder of another library"),
    ],
)
def test_a_model_that_cannot_be_taken_is_one_line(
    name: str, problem: str, one_line_error: OneLineError
) -> None:
    with one_line_error(f"train.backbone = {name!r}", problem):
        check_backbone(name)
