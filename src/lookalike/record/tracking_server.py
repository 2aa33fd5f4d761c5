"""The MLflow server that `MLFLOW_TRACKING_URI` names; its user and password are in no message."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.extras import extra
from lookalike.core.secrets import without_secrets
from lookalike.record.mirror_process import URI

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXAMPLE = "http://user:password@host:5000"
USER, PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
# MLflow's own are two minutes and seven trials; and it reports on its use.
DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@contextmanager
def open_tracking_server() -> Iterator["MlflowClient"]:
    """Connect, and tell what goes wrong inside of this block in one line.

    What MLflow reads from the environment (`DEFAULTS`, user, password) is set there, where it is
    not set already.

    Raises:
        LookalikeError: there is no address, no MLflow, no server there; or it refuses.
    """
    uri = os.environ.get(URI, "").strip()
    if not uri:
        raise LookalikeError(f"{URI} is not set: it names the server, as in {EXAMPLE}")
    address = urlsplit(uri)
    if not _is_of_a_server(address):
        raise LookalikeError(f"{URI}: is no address of a server, as in {EXAMPLE}")
    credentials = {USER: unquote(address.username or ""), PASSWORD: unquote(address.password or "")}
    for name, value in (DEFAULTS | credentials).items():
        if value:
            os.environ.setdefault(name, value)
    with extra("mlflow"):
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    public = address._replace(netloc=address.netloc.rpartition("@")[2], query="").geturl()
    try:
        yield MlflowClient(public)
    except (MlflowException, OSError) as error:  # requests' own are of the latter kind
        raise LookalikeError(f"MLflow at {public}: {_reason(error)}") from None


def _is_of_a_server(address: SplitResult) -> bool:
    """No: a password in it that is not quoted, with `/` or `#`, would end the name of the host."""
    try:
        whole = address.port != 0 and "@" not in f"{address.path}{address.query}{address.fragment}"
    except ValueError:
        return False
    return whole and bool(address.hostname) and address.scheme in {"http", "https"}


def _reason(error: Exception) -> str:
    text = without_secrets(one_line(error, None))
    if "failed with exception" in text or isinstance(error, ConnectionError):
        return f"no server answers there; start it, or check {URI}"
    if "error code 401" in text or "error code 403" in text:
        return f"the server refuses the user or password in {URI}"
    return f"the server refuses ({text[:200]})"
