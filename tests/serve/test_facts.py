"""What the service knows as a whole."""

import gzip
import json
from pathlib import Path

import httpx

import lookalike as la
from lookalike.serve.projection import principal_plane, projection


def test_labels_come_with_their_number_of_images(client: httpx.Client) -> None:
    expected = [{"label": str(number), "images": 20} for number in range(6)]
    assert client.get("/labels").json() == {"labels": expected}


def test_columns_say_what_a_filter_may_name(client: httpx.Client) -> None:
    columns = {each["name"]: each for each in client.get("/columns").json()["columns"]}
    assert columns["split"] == {
        "name": "split",
        "type": "text",
        "values": ["test", "train", "valid"],
    }
    assert columns["width"] == {"name": "width", "type": "number", "values": [8]}
    assert columns["id"]["values"] is None  # 120 different ones


def test_the_version_names_model_and_index(client: httpx.Client) -> None:
    about = client.get("/version").json()
    assert (about["engine"], about["images"], about["classes"]) == ("annoy", 120, 6)
    assert about["has_images"] is True
    assert len(about["model"]) == len(about["index"]) == 64


def test_the_projection_holds_every_image_in_the_unit_square(client: httpx.Client) -> None:
    answer = client.get("/projection")
    assert answer.headers["content-encoding"] == "gzip"
    columns = answer.json()["columns"]
    assert {len(values) for values in columns.values()} == {120}
    for axis in "xy":
        assert (min(columns[axis]), max(columns[axis])) == (0, 1)


def test_the_projection_is_plain_for_who_does_not_take_gzip(client: httpx.Client) -> None:
    plain = client.get("/projection", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == client.get("/projection").json()


def test_the_projection_is_not_sent_again_while_the_index_is_the_same(
    client: httpx.Client,
) -> None:
    tag = client.get("/projection").headers["etag"]
    assert client.get("/projection", headers={"If-None-Match": tag}).status_code == 304


def test_the_plane_is_that_of_scikit_learn(tiny_index: Path) -> None:
    import numpy as np
    from sklearn.decomposition import PCA

    vectors = la.open_index(tiny_index).vectors
    plane = principal_plane(vectors)
    pca = PCA(2, svd_solver="full").fit(vectors.values / vectors.lengths[:, None])
    expected = pca.transform(vectors.values / vectors.lengths[:, None])
    for axis in range(2):
        correlation = np.corrcoef(expected[:, axis], plane.points[:, axis])[0, 1]
        assert abs(correlation) > 0.99999
    np.testing.assert_allclose(plane.explained, pca.explained_variance_ratio_, atol=1e-4)


def test_the_projection_of_an_index_is_the_same_bytes_every_time(tiny_index: Path) -> None:
    first, second = (projection(la.open_index(tiny_index)) for _ in range(2))
    assert first == second
    assert json.loads(gzip.decompress(first))["method"] == "pca"


def test_figures_have_the_names_and_attributes_of_opentelemetry(client: httpx.Client) -> None:
    client.get("/version")
    client.request("PROPFIND", "/nowhere")
    figures = client.get("/metrics").text
    active = 'http_server_active_requests{http_request_method="GET",url_scheme="http"} 1.0'
    assert active in figures
    for method, status, route in [
        ("GET", 200, "/version"),
        ("_OTHER", 404, ""),
    ]:
        attributes = (
            f'http_request_method="{method}",http_response_status_code="{status}",'
            f'http_route="{route}",url_scheme="http"'
        )
        assert f"http_server_request_duration_seconds_count{{{attributes}}}" in figures
