"""The Open Inference Protocol, as its published schema and Triton's binary extension have it."""

import hashlib
import json
import struct
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from tests.serve.conftest import Serving

import lookalike as la
from lookalike.images.pixels import decode_pixels
from lookalike.model.preprocessing import preprocess
from lookalike.search.searcher import Searcher

INFER = "/v2/models/lookalike/infer"
LENGTH = "Inference-Header-Content-Length"


@pytest.fixture(scope="module")
def searcher(tiny_model: Path, tiny_index: Path) -> Searcher:
    return la.open_searcher(tiny_model, tiny_index)


@pytest.fixture(scope="module")
def pixels(searcher: Searcher, digit: bytes) -> np.ndarray:
    """The digit as the network takes it, `[1, 3, 32, 32]`."""
    return preprocess(decode_pixels(digit, None), searcher.model.image_size)[None]


def images(*files: bytes) -> dict[str, Any]:
    data = [b64encode(file).decode() for file in files]
    return {"name": "image", "datatype": "BYTES", "shape": [len(files)], "data": data}


def outputs(answer: httpx.Response) -> dict[str, np.ndarray]:
    """The outputs by name, checked against what they say of themselves."""
    assert answer.status_code == 200, answer.text
    found = {}
    for tensor in answer.json()["outputs"]:
        assert tensor.keys() == {"name", "datatype", "shape", "data"}
        dtype = {"FP32": np.dtype("f4"), "BYTES": np.dtype(object)}[tensor["datatype"]]
        found[tensor["name"]] = np.array(tensor["data"], dtype).reshape(tensor["shape"])
    return found


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}
    message = answer.json()["error"]
    assert [word for word in words if word not in message] == [], message


def test_probes_say_that_it_lives_and_is_ready(client: httpx.Client) -> None:
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2").json()["extensions"] == ["binary_tensor_data"]


def test_the_model_describes_its_inputs_and_outputs(client: httpx.Client) -> None:
    model = client.get("/v2/models/lookalike").json()
    [version] = model["versions"]
    assert client.get(f"/v2/models/lookalike/versions/{version}").json() == model
    assert {each["name"]: each["shape"] for each in model["inputs"]} == {
        "image": [-1],
        "pixels": [-1, 3, 32, 32],
    }
    assert {each["name"]: each["shape"] for each in model["outputs"]} == {
        "embedding": [-1, 16],
        "logits": [-1, 6],
        "probabilities": [-1, 6],
        "labels": [-1],
        "neighbor_ids": [-1, -1],
        "neighbor_similarities": [-1, -1],
    }
    assert client.get(f"/v2/models/lookalike/versions/{version}/ready").json()["ready"] is True


@pytest.mark.parametrize("path", ["/v2/models/resnet", "/v2/models/lookalike/versions/0/ready"])
def test_another_model_is_not_found(client: httpx.Client, path: str) -> None:
    refused(client.get(path), 404, "lookalike" if "resnet" in path else "version")


def test_images_are_answered_as_the_library_answers(
    client: httpx.Client, searcher: Searcher, digit: bytes
) -> None:
    body = {"id": "mine", "inputs": [images(digit)], "parameters": {"k": 3}}
    answer = client.post(INFER, json=body)
    assert (answer.json()["id"], answer.json()["model_name"]) == ("mine", "lookalike")
    found = outputs(answer)
    expected = searcher.search(digit, k=3)
    assert found["neighbor_ids"].tolist() == [[hit.id for hit in expected.hits]]
    np.testing.assert_allclose(
        found["neighbor_similarities"], [[hit.similarity for hit in expected.hits]], atol=1e-6
    )
    best = expected.predictions[0]
    assert found["labels"].tolist() == [best.label]
    assert found["probabilities"].max() == pytest.approx(best.probability, abs=1e-5)
    assert found["logits"].argmax() == found["probabilities"].argmax()
    assert found["embedding"].shape == (1, 16)


def test_several_images_are_a_batch_in_their_order(
    client: httpx.Client, tiny_source: Path, digit: bytes
) -> None:
    other = (tiny_source / "5/02.png").read_bytes()
    body = {"inputs": [images(digit, other)], "parameters": {"k": 1}}
    ids = outputs(client.post(INFER, json=body))["neighbor_ids"]
    assert ids.tolist() == [[hashlib.sha256(file).hexdigest()] for file in (digit, other)]


def test_only_outputs_that_are_asked_for_are_given_in_their_order(
    client: httpx.Client, digit: bytes
) -> None:
    asked = [{"name": "labels"}, {"name": "embedding"}]
    answer = client.post(INFER, json={"inputs": [images(digit)], "outputs": asked})
    assert list(outputs(answer)) == ["labels", "embedding"]


@pytest.mark.parametrize("datatype", ["FP32", "UINT8"])
@pytest.mark.parametrize("flat", [True, False])
def test_pixels_are_answered_as_the_image_that_they_are_of(
    client: httpx.Client, digit: bytes, pixels: np.ndarray, datatype: str, flat: bool
) -> None:
    data = (pixels.ravel() if flat else pixels).tolist()
    tensor = {"name": "pixels", "datatype": datatype, "shape": list(pixels.shape), "data": data}
    by_pixels = outputs(client.post(INFER, json={"inputs": [tensor]}))
    by_file = outputs(client.post(INFER, json={"inputs": [images(digit)]}))
    for name, values in by_file.items():
        assert np.array_equal(by_pixels[name], values), name


@pytest.mark.parametrize("kind", ["image", "pixels"])
def test_tensors_may_be_binary_both_ways(
    client: httpx.Client, digit: bytes, pixels: np.ndarray, kind: str
) -> None:
    if kind == "image":
        data = struct.pack("<I", len(digit)) + digit
        tensor = {"name": "image", "datatype": "BYTES", "shape": [1]}
    else:
        data = pixels.astype("<f4").tobytes()
        tensor = {"name": "pixels", "datatype": "FP32", "shape": list(pixels.shape)}
    tensor["parameters"] = {"binary_data_size": len(data)}
    wanted = {"name": "labels", "parameters": {"binary_data": False}}
    asked = {
        "inputs": [tensor],
        "parameters": {"binary_data_output": True, "k": 2},
        "outputs": [wanted, {"name": "neighbor_ids"}, {"name": "embedding"}],
    }
    header = json.dumps(asked).encode()
    answer = client.post(INFER, content=header + data, headers={LENGTH: str(len(header))})
    end = int(answer.headers[LENGTH])
    labels, ids, embedding = json.loads(answer.content[:end])["outputs"]
    expected = outputs(client.post(INFER, json={"inputs": [images(digit)], "parameters": {"k": 2}}))
    assert labels["data"] == expected["labels"].tolist()
    middle = end + ids["parameters"]["binary_data_size"]
    packed = [struct.pack("<I", 64) + id.encode() for id in expected["neighbor_ids"].ravel()]
    assert answer.content[end:middle] == b"".join(packed)
    assert len(answer.content) == middle + embedding["parameters"]["binary_data_size"]
    assert answer.content[middle:] == expected["embedding"].astype("<f4").tobytes()


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda body: body.update(inputs=[]), ["inputs"]),
        (lambda body: body.update(parameters={"k": 0}), ["parameters.k"]),
        (lambda body: body.update(parameters={"k": 10**9}), ["parameters.k"]),
        (lambda body: body.update(outputs=[{"name": "nothing"}]), ["nothing", "neighbor_ids"]),
        (lambda body: body["inputs"][0].update(name="images"), ["image", "pixels"]),
        (lambda body: body["inputs"][0].update(datatype="FP16"), ["BYTES", "FP32"]),
        (lambda body: body["inputs"][0].update(shape=[2]), ["1 elements", "[2]"]),
        (lambda body: body["inputs"][0].update(shape=[0], data=[]), ["first dimension"]),
        (lambda body: body["inputs"][0].update(shape=[]), ["first dimension"]),
        (lambda body: body["inputs"][0].update(shape=[10**30]), ["first dimension"]),
        (lambda body: body["inputs"][0].update(shape=[-1]), ["shape"]),
        (lambda body: body["inputs"][0].update(data=[1]), ["Base64"]),
        (lambda body: body["inputs"][0].update(data=["!"]), ["Base64"]),
        (lambda body: body["inputs"][0].update(data=["aGVsbG8="]), ["cannot be searched for"]),
        (lambda body: body["inputs"][0].pop("data"), ["give data"]),
        (
            lambda body: body["inputs"][0].update(parameters={"binary_data_size": 5}),
            ["bytes come behind"],
        ),
    ],
)
def test_a_wrong_request_is_refused_as_the_protocol_has_it(
    client: httpx.Client, digit: bytes, change: Change, words: list[str]
) -> None:
    body: dict[str, Any] = {"inputs": [images(digit)]}
    change(body)
    refused(client.post(INFER, json=body), 422, *words)


@pytest.mark.parametrize(
    ("datatype", "shape", "data", "words"),
    [
        ("FP32", [1, 3, 16, 16], [0] * 768, ["[3, 32, 32]", "[3, 16, 16]"]),
        ("FP32", [1, 3, 32, 32], [0.5] * 3072, ["0 to 255", "not normalized"]),
        ("FP32", [1, 3, 32, 32], [1e39] * 3072, ["0 to 255"]),
        ("UINT8", [1, 3, 32, 32], [256] * 3072, ["0 to 255"]),
        ("FP32", [1, 3, 32, 32], ["1"] * 3072, ["numbers"]),
        ("FP32", [1, 3, 32, 32], [0, [1]], ["ragged"]),
        ("FP32", [1], [0], ["[3, 32, 32]"]),
    ],
)
def test_pixels_that_the_network_does_not_take_are_refused(
    client: httpx.Client, datatype: str, shape: list[int], data: list[Any], words: list[str]
) -> None:
    tensor = {"name": "pixels", "datatype": datatype, "shape": shape, "data": data}
    refused(client.post(INFER, json={"inputs": [tensor]}), 422, *words)


@pytest.mark.parametrize("length", ["-1", "x", "9999999", "1" * 5000, "\xb2"])
def test_a_length_of_the_json_that_is_none_is_refused(client: httpx.Client, length: str) -> None:
    headers = {LENGTH: length.encode("latin-1")}
    refused(client.post(INFER, content=b"{}", headers=headers), 400, LENGTH)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xff\xff\xffab", b"\x02\0\0\0a"])
def test_elements_that_are_cut_off_are_refused(client: httpx.Client, data: bytes) -> None:
    tensor = {"name": "image", "datatype": "BYTES", "shape": [1]}
    tensor["parameters"] = {"binary_data_size": len(data)}  # type: ignore[assignment]
    header = json.dumps({"inputs": [tensor]}).encode()
    answer = client.post(INFER, content=header + data, headers={LENGTH: str(len(header))})
    refused(answer, 422, "image")


def test_all_but_the_probes_wants_the_token(serving: Serving) -> None:
    with serving(token="secret") as client:
        assert client.get("/v2/health/ready").status_code == 200
        for path in ("/v2", "/v2/models/lookalike"):
            refused(client.get(path), 401, "LOOKALIKE_TOKEN")
