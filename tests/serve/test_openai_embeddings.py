"""`POST /v1/embeddings`, asked by OpenAI's own client."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from tests.serve.conftest import Serving

import lookalike as la


@pytest.fixture
def embeddings(client: httpx.Client) -> Iterator[openai.resources.Embeddings]:
    with openai.OpenAI(
        api_key="none", base_url=f"{client.base_url}/v1", max_retries=0
    ) as from_openai:
        yield from_openai.embeddings


@pytest.fixture(scope="module")
def image(digit: bytes) -> str:
    return f"data:image/png;base64,{b64encode(digit).decode()}"


def test_an_image_is_embedded_to_length_one(
    embeddings: openai.resources.Embeddings,
    image: str,
    digit: bytes,
    tiny_model: Path,
    tiny_index: Path,
) -> None:
    answer = embeddings.create(model="lookalike", input=image, encoding_format="float")
    assert (answer.object, answer.model, answer.usage.total_tokens) == ("list", "lookalike", 0)
    [found] = answer.data
    assert (found.object, found.index, len(found.embedding)) == ("embedding", 0, 16)
    assert np.linalg.norm(found.embedding) == pytest.approx(1)
    best = la.open_searcher(tiny_model, tiny_index).search(np.float32(found.embedding), k=1)
    assert best.hits[0].path == "3/03.png"


def test_base64_holds_the_same_numbers_as_the_list(
    embeddings: openai.resources.Embeddings, image: str
) -> None:
    as_list, as_base64 = (
        embeddings.create(model="lookalike", input=image, **options).data[0].embedding
        for options in ({"encoding_format": "float"}, {})  # the client's default is base64
    )
    assert as_list == as_base64


def test_a_list_of_images_is_embedded_in_its_order(
    embeddings: openai.resources.Embeddings, image: str, tiny_source: Path
) -> None:
    other = b64encode((tiny_source / "5/02.png").read_bytes()).decode()
    first, second, third = embeddings.create(model="lookalike", input=[image, other, image]).data
    assert [each.index for each in (first, second, third)] == [0, 1, 2]
    assert first.embedding == pytest.approx(third.embedding, abs=1e-4)
    assert first.embedding != pytest.approx(second.embedding, abs=1e-4)


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"model": "text-embedding-3-small"}, 404, "the model is 'lookalike'"),
        ({"input": "a cat"}, 422, "data URI"),
        ({"input": "data:text/plain,hello"}, 422, "data URI"),
        ({"input": "data:image/png;base64,aGVsbG8="}, 422, "cannot be searched for"),
        ({"input": "https://example.org/a.png"}, 422, "data URI"),
        ({"input": ""}, 422, "cannot be searched for"),
        ({"input": []}, 422, "input"),
        ({"input": ["a"] * 33}, 422, "32"),
        ({"input": [1, 2]}, 422, "input"),
        ({"dimensions": 8}, 422, "have 16"),
        ({"encoding_format": "hex"}, 422, "encoding_format"),
    ],
)
def test_a_wrong_request_is_refused_in_the_form_that_openai_has(
    client: httpx.Client, image: str, fields: dict[str, Any], status: int, words: str
) -> None:
    body = {"model": "lookalike", "input": image, **fields}
    answer = client.post("/v1/embeddings", json=body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert words in error["message"]


def test_the_key_of_the_client_is_the_token(serving: Serving, image: str) -> None:
    with serving(token="secret") as client:
        url = f"{client.base_url}/v1"
        stranger = openai.OpenAI(api_key="wrong", base_url=url)
        with stranger, pytest.raises(openai.AuthenticationError, match="LOOKALIKE_TOKEN"):
            stranger.embeddings.create(model="lookalike", input=image)
        with openai.OpenAI(api_key="secret", base_url=url) as known:
            assert known.embeddings.create(model="lookalike", input=image).data
