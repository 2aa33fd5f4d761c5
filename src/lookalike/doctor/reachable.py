"""Do the servers answer that a project uses: DVC's remote, and MongoDB?"""

import os

from dvc.repo import Repo

from lookalike.core.layout import Layout
from lookalike.ingest.remote import out_of_reach

SECONDS = 3
MONGODB_URI = "MONGODB_URI"


def remote_answer(project: Layout) -> str:
    """One line on DVC's default remote: which it is, and whether it answers. No secret is in it."""
    with Repo(str(project.root)) as repo:
        name = repo.config["core"].get("remote")
    if name is None:
        return "no default remote is set"
    patient = {"connect_timeout": SECONDS, "read_timeout": SECONDS}
    url = "?"
    try:
        with Repo(str(project.root)) as repo:
            url = repo.config["remote"][name]["url"]
            settings = patient if url.startswith("s3://") else {}
        with Repo(str(project.root), config={"remote": {name: settings}}) as repo:
            remote = repo.cloud.get_remote(name)
            bucket = remote.path if url.startswith("/") else remote.path.split("/")[0]
            remote.fs.ls(bucket)
    except Exception as error:  # every provider raises its own
        return f"{name}: {out_of_reach(url, error)}"
    return f"{name}: {url} answers"


def mongodb_answer() -> str:
    """One line on the server that `MONGODB_URI` names. Neither user nor password is in it."""
    uri = os.environ.get(MONGODB_URI)
    if uri is None:
        return f"{MONGODB_URI} is not set"
    try:
        from pymongo import MongoClient
        from pymongo.errors import ConfigurationError, PyMongoError
    except ModuleNotFoundError:
        return "the package pymongo is missing"
    try:
        client: MongoClient[dict[str, object]]
        with MongoClient(uri, serverSelectionTimeoutMS=SECONDS * 1000) as client:
            client.admin.command("ping")
            return f"{', '.join(f'{host}:{port}' for host, port in client.nodes)} answers"
    except (ConfigurationError, ValueError):
        return f"{MONGODB_URI} is no URI of a MongoDB server"
    except PyMongoError as error:
        return f"does not answer: {str(error).partition(' (')[0].partition(', full error')[0]}"
