"""Captions and what is said about errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import NetworkError

from lookalike.bot.sentences import apology, caption
from lookalike.search.results import Hit, Prediction, SearchResult


def result(labels: list[str | None], predictions: list[Prediction]) -> SearchResult:
    hits = [
        Hit(str(n), f"folder/{n}.jpg", label, "source", None, None, 8, 8, 0.5 - n / 100)
        for n, label in enumerate(labels)
    ]
    return SearchResult("the image", predictions, hits)


def test_a_caption_says_class_similarities_and_labels() -> None:
    predictions = [Prediction("cat", 0.9991), Prediction("dog", 0.0009), Prediction("eel", 0.0)]
    assert caption(result(["cat", None], predictions)).splitlines() == [
        "Looks like cat (99.9%), dog (0.1%)",
        "",
        "1. 0.500 cat",
        "2. 0.490 1.jpg",
    ]


def test_a_model_without_classes_predicts_none() -> None:
    assert caption(result(["cat"], [])) == "1. 0.500 cat"


def test_a_long_label_keeps_its_start() -> None:
    assert caption(result(["a" * 61], [])) == f"1. 0.500 {'a' * 60}…"


@given(st.lists(st.text(max_size=120), min_size=1, max_size=10), st.text(max_size=120))
def test_no_label_makes_a_caption_that_telegram_refuses(labels: list[str], guess: str) -> None:
    text = caption(result(list(labels), [Prediction(guess, 0.5)] * 3))
    assert len(text.encode("utf-16-le")) <= 2 * 1024
    assert len(text.splitlines()) == 2 + len(labels)


@pytest.mark.parametrize("error", [ValueError("secret"), NetworkError("secret"), TimeoutError()])
def test_an_apology_is_one_sentence_that_says_nothing_of_the_inside(error: Exception) -> None:
    text = apology(error)
    assert text.endswith(".")
    assert len(text.splitlines()) == 1
    assert "secret" not in text
