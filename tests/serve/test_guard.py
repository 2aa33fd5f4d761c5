"""Who may ask: tokens, names of the service, pages of other sites."""

import httpx
import pytest
from tests.serve.conftest import Serving


def test_with_a_token_only_those_who_know_it_are_answered(serving: Serving) -> None:
    with serving(token="secret") as client:
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic secret"}):
            answer = client.get("/version", headers=given)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "secret" not in answer.text
        known = {"Authorization": "Bearer secret"}
        assert client.get("/version", headers=known).status_code == 200


def test_probes_and_what_a_browser_loads_first_need_no_token(serving: Serving) -> None:
    with serving(token="secret") as client:
        for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
            assert client.get(path).status_code == 200, path
        for path in ("/metrics", "/labels", "/projection", "/images/a/thumbnail"):
            assert client.get(path).status_code == 401, path
        assert client.post("/reload").status_code == 401


def test_a_token_may_be_any_bytes(serving: Serving) -> None:
    with serving(token="secret") as client:
        given = {b"Authorization": "Bearer sécret".encode("latin-1")}
        assert client.get("/version", headers=given).status_code == 401


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1:8000", "[::1]:80"])
def test_addresses_and_localhost_are_names_of_the_service(client: httpx.Client, host: str) -> None:
    assert client.get("/version", headers={"Host": host}).status_code == 200


def test_a_name_of_the_parameters_is_one_of_the_service(serving: Serving) -> None:
    with serving(host_names=["search.example.org"]) as client:
        headers = {"Host": "Search.example.org:8000"}
        assert client.get("/version", headers=headers).status_code == 200


def test_the_own_page_may_ask(client: httpx.Client) -> None:
    headers = {"Host": "localhost:8000", "Origin": "http://localhost:8000"}
    assert client.get("/version", headers=headers).status_code == 200
