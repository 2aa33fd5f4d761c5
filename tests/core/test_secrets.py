"""No secret of an address is in any message, table or report."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.core.params import BaseParams, parse_block
from lookalike.core.secrets import check_addresses, without_secrets

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("https://host/a.tif?sv=2020&sig=SECRET", "https://host/a.tif"),
        ("https://host/a.tif?X-Amz-Signature=SECRET&X-Amz-Date=1", "https://host/a.tif"),
        ("https://host/a.tif?access_token=SECRET", "https://host/a.tif"),
        ("https://host/a.tif?%73ig=SECRET", "https://host/a.tif"),
        ("https://host/a.tif?band=3;sig=SECRET", "https://host/a.tif"),
        ("https://host/a.tif#access_token=SECRET", "https://host/a.tif"),
        ("https://user:SECRET@host/a.tif", "https://host/a.tif"),
        ("https://SECRET@host/a.tif", "https://host/a.tif"),
        ("HTTPS://user:SECRET@host/a.tif", "HTTPS://host/a.tif"),
        ("s3://user:SECRET@host/a.tif", "s3://host/a.tif"),
        ("dvc://https://user:SECRET@host/a.git?rev=v1#b", "dvc://https://host/a.git?rev=v1#b"),
        ("dvc://https://SECRET@host/a.git", "dvc://https://host/a.git"),
        ("https://user:SEC@RET@host/a.tif", "https://host/a.tif"),
        ("mongodb://user:SE#CRET/SECRET@host/shop", "mongodb://host/shop"),
        ("mongodb://user:12/SECRET@host/shop", "mongodb://host/shop"),
        ("mongodb://user:[SECRET@host", "mongodb://host"),
        ("403, url='https://host/a?token=SECRET' refused", "403, url='https://host/a' refused"),
        ("two: https://a:SECRET@b/c, https://d?sig=SECRET", "two: https://b/c, https://d"),
        ("GET /a.png?sig=SECRET failed", "GET /a.png?sig=*** failed"),
    ],
)
def test_passwords_signatures_and_tokens_are_left_out(text: str, public: str) -> None:
    assert without_secrets(text) == public


@pytest.mark.parametrize(
    "text",
    [
        "https://host/a.tif?band=3&design=4",
        "https://example.org:8080/@scope/a.tif",
        "http://localhost:8080/@scope/a.tif",
        "http://[::1]:8080/@scope/a.tif",
        "abfs://container@account.dfs.core.windows.net/photos",
        "s3://bucket/a@b.tif",
        "dvc://ssh://git@host/a.git?rev=v1#b",
        "dvc://git@host:a/b.git?rev=v1#c",
        "data/a?b.tif",
        "a : b @ c",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


@given(
    st.text(st.characters(exclude_characters="'\"<>", exclude_categories=("C", "Z")), min_size=1)
)
def test_no_password_remains_whatever_is_in_it(password: str) -> None:
    assert without_secrets(f"https://me:x{password}@host/a.png") == "https://host/a.png"


@pytest.mark.parametrize(
    "source",
    [
        "https://me:SECRET@host/photos.zip",
        "https://me:SE CRET@host/photos.zip",
        "https://SECRET@host/photos.zip",
        "s3://me:SEC/RET@bucket",
    ],
)
def test_params_refuse_a_password_and_say_where_it_belongs(
    source: str, one_line_error: OneLineError
) -> None:
    with one_line_error("params.yaml: base.deep: ", ".env", "dvc remote modify --local"):
        parse_block(BaseParams, {"base": {"deep": [source]}}, Path("params.yaml"))
    with pytest.raises(Exception, match="leave them out") as caught:
        check_addresses(source, "here")
    assert "SEC" not in str(caught.value)


def test_a_value_that_is_refused_for_another_reason_is_shown_without_its_signature(
    one_line_error: OneLineError,
) -> None:
    with one_line_error("base.seed = 'https://host/a': "):
        parse_block(BaseParams, {"base": {"seed": "https://host/a?sig=SECRET"}}, Path("p.yaml"))
