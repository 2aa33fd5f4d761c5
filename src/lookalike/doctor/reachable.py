"""Do the servers answer that a project uses: DVC's remote, MongoDB, and the store it searches?"""

import os

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, PyMongoError

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.core.params import read_params_if_any
from lookalike.core.secrets import without_secrets
from lookalike.ingest.retrying import out_of_reach
from lookalike.publish.addresses import open_store
from lookalike.publish.mongodb.database import URI, server_of
from lookalike.revisions.repository import open_repository
from lookalike.serve.params import ServeParams

SECONDS = 3


def remote_answer(project: Layout) -> str:
    """One line on DVC's default remote: which it is, and whether it answers. No secret is in it."""
    with open_repository(project) as repo:
        name = repo.config["core"].get("remote")
        if name is None:
            return "no default remote is set"
        url = "?"
        try:
            settings = repo.config["remote"][name]
            url = settings["url"]
            if url.startswith("s3://"):
                settings.update(connect_timeout=SECONDS, read_timeout=SECONDS)
            remote = repo.cloud.get_remote(name)
            bucket = remote.path if url.startswith("/") else remote.path.split("/")[0]
            remote.fs.ls(bucket)
        except Exception as error:  # every provider raises its own
            return f"{name}: {out_of_reach(url, error)}"
    return f"{name}: {without_secrets(url)} answers"


def store_answer(project: Layout) -> str:
    """One line on the store that `serve.store` names. No secret is in it."""
    address = read_params_if_any(ServeParams, "store", path=project.params).store
    if address is None:
        return "serve.store is not set"
    try:
        with open_store(address) as store:
            version = store.current().about.version
            return f"{store.name} answers: version {version} is current"
    except LookalikeError as error:
        return str(error)


def mongodb_answer() -> str:
    """One line on the server that `MONGODB_URI` names. Neither user nor password is in it."""
    uri = os.environ.get(URI)
    if uri is None:
        return f"{URI} is not set"
    try:
        server = server_of(uri)
        client: MongoClient[dict[str, object]]
        with MongoClient(uri, serverSelectionTimeoutMS=SECONDS * 1000) as client:
            client.admin.command("ping")
        return f"{server} answers"
    except (ConfigurationError, ValueError, TypeError):
        return f"{URI} is no URI of a MongoDB server"
    except PyMongoError as error:
        reason = str(error).partition(" (")[0].partition(", full error")[0]
        return f"does not answer: {without_secrets(reason)}"
