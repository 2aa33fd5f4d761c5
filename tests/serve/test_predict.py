"""`POST /predict`: every way to ask, and what an answer holds."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

import lookalike as la


def ids_of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["hits"]]


@pytest.fixture
def id(digit: bytes) -> str:
    return hashlib.sha256(digit).hexdigest()


def test_an_upload_is_answered_as_the_library_answers(
    client: httpx.Client, digit: bytes, tiny_model: Path, tiny_index: Path
) -> None:
    answer = client.post("/predict", files={"file": digit}, data={"k": 3})
    expected = la.open_searcher(tiny_model, tiny_index).search(digit, k=3).to_dict()
    assert answer.json() == expected


def test_an_indexed_image_is_searched_for_by_its_id(client: httpx.Client, id: str) -> None:
    answer = client.post("/predict", json={"id": id, "k": 1})
    assert ids_of(answer) == [id]


def test_several_examples_and_unlike_ones_are_searched_for_together(
    client: httpx.Client, id: str
) -> None:
    first, second, third = ids_of(client.post("/predict", json={"id": id, "k": 3}))
    body = {"like": [first, second], "unlike": [third]}
    answer = client.post("/predict", json=body)
    assert answer.json()["query"] == f"{first}, {second}; unlike {third}"
    assert answer.json()["predictions"] == []


def test_files_and_ids_are_examples_together(client: httpx.Client, digit: bytes, id: str) -> None:
    files = [("file", digit), ("file", digit)]
    answer = client.post("/predict", files=files, data={"like": [id], "k": "1"})
    assert answer.json()["query"] == f"the image, the image, {id}"


def test_options_say_which_hits_are_wanted(client: httpx.Client, digit: bytes, id: str) -> None:
    fields = {
        "k": "1000",
        "where": "label = '3'",
        "min_similarity": "0.5",
        "exclude_query": "true",
    }
    hits = client.post("/predict", files={"file": digit}, data=fields).json()["hits"]
    assert {hit["label"] for hit in hits} == {"3"}
    assert min(hit["similarity"] for hit in hits) >= 0.5
    assert id not in {hit["id"] for hit in hits}


def test_empty_fields_of_a_form_are_left_out(client: httpx.Client, digit: bytes) -> None:
    fields = {"where": "", "min_similarity": "", "k": ""}
    assert len(ids_of(client.post("/predict", files={"file": digit}, data=fields))) == 10


def test_an_image_is_decoded_upright_and_in_its_colors_as_everywhere(
    client: httpx.Client, photo_images: la.ImageStore, tiny_model: Path, tiny_index: Path
) -> None:
    searcher = la.open_searcher(tiny_model, tiny_index)
    for row in range(len(photo_images)):
        data = photo_images.encoded(row)
        answer = client.post("/predict", files={"file": data})
        assert answer.json() == searcher.search(data).to_dict()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, ["id", "like", "path", "url"]),
        ({"id": "a", "like": ["b"]}, ["one of"]),
        ({"id": "unknown"}, ["unknown", "no image of this id"]),
        ({"id": "a", "k": 0}, ["k", "greater than or equal to 1"]),
        ({"id": "a", "k": -1}, ["k"]),
        ({"id": "a", "k": 10**9}, ["k", "less than or equal to 1000"]),
        ({"id": "a", "k": "five"}, ["k", "integer"]),
        ({"id": "a", "min_similarity": 2}, ["min_similarity"]),
        ({"id": "a", "verbose": True}, ["verbose"]),
        ({"like": ["a"] * 33}, ["like", "32"]),
        ([], ["object"]),
    ],
)
def test_a_wrong_request_is_refused_with_the_place_of_the_mistake(
    client: httpx.Client, body: Any, words: list[str]
) -> None:
    answer = client.post("/predict", json=body)
    assert answer.status_code == 422
    message = answer.json()["error"]["message"]
    assert [word for word in words if word not in message] == [], message


def test_a_filter_that_is_none_is_refused_with_its_place(client: httpx.Client, id: str) -> None:
    answer = client.post("/predict", json={"id": id, "where": "label ~ 3"})
    assert answer.status_code == 422
    assert "character 7" in answer.json()["error"]["message"]
