"""`make services` and `make services-stop`: both servers in the background of this working tree.

What they hold, their logs and their state lie in `.services/`, which Git and DVC ignore.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from dvc.config import Config
from filelock import FileLock

from services.servers import S3Server, Server, ServiceError, start_mongodb, start_s3

FOLDER = Path(".services")
DVC_FOLDER = Path(".dvc")
LOCAL_CONFIG = DVC_FOLDER / "config.local"
LOOPBACK = "http://127.0.0.1:"
OPTIONS = ("endpointurl", "access_key_id", "secret_access_key", "configpath")
AWS_CONFIG = FOLDER / "aws.config"
# rclone sends the checksum of the whole object with each of the parts that DVC asks for.
AWS_SETTINGS = "[default]\nresponse_checksum_validation = when_required\n"

Kind = TypeVar("Kind", bound=Server)


def start() -> None:
    """Start what does not run, and point DVC's default remote at the S3 server."""
    remote, bucket = default_remote()
    refuse_to_overwrite(remote)
    s3 = running("s3", S3Server, lambda: start_s3(FOLDER / "s3", FOLDER / "s3.log"))
    mongodb = running(
        "mongodb", Server, lambda: start_mongodb(FOLDER / "mongodb", FOLDER / "mongodb.log")
    )
    s3.make_bucket(bucket)
    configure(remote, s3)
    print(f"S3:      {s3.endpoint}, bucket {bucket}, keys in {LOCAL_CONFIG}")
    print(f"MongoDB: mongodb://{mongodb.address}")
    print(f"Their data and logs are in {FOLDER}/. To stop them: make services-stop")


def stop() -> None:
    """Stop what runs, and take back what `start` wrote into DVC's configuration."""
    servers = {"s3": last("s3", S3Server), "mongodb": last("mongodb", Server)}
    for name, server in servers.items():
        if server is not None and server.running:
            server.stop()
            print(f"{name} is stopped")
        else:
            print(f"{name} is not running")
    remote, _ = default_remote()
    if local_settings(remote).get("endpointurl", "").startswith(LOOPBACK):
        configure(remote, None)


def running(name: str, kind: type[Kind], begin: Callable[[], Kind]) -> Kind:
    """The server of last time where it still runs, else a new one."""
    server = last(name, kind)
    if server is not None and server.running:
        print(f"{name} is running already")
        return server
    server = begin()
    state = FOLDER / f"{name}.json"
    make_private(state)
    state.write_text(json.dumps(asdict(server)), encoding="utf-8")
    return server


def last(name: str, kind: type[Kind]) -> Kind | None:
    """The server that was started last, running or not."""
    state = FOLDER / f"{name}.json"
    return kind(**json.loads(state.read_text(encoding="utf-8"))) if state.is_file() else None


def default_remote() -> tuple[str, str]:
    """Name and bucket of DVC's default remote."""
    config = Config(str(DVC_FOLDER))
    name = config["core"].get("remote", "")
    url = urlsplit(config["remote"].get(name, {}).get("url", ""))
    if url.scheme != "s3":
        raise ServiceError(f"{DVC_FOLDER}/config: the default remote is not an S3 bucket")
    return name, url.netloc


def local_settings(remote: str) -> dict[str, str]:
    """What `.dvc/config.local` says about a remote."""
    settings: dict[str, str] = Config(str(DVC_FOLDER)).load_one("local")["remote"].get(remote, {})
    return settings


def refuse_to_overwrite(remote: str) -> None:
    """Stop where `.dvc/config.local` holds credentials or an endpoint of the user's own."""
    settings = local_settings(remote)
    own = [option for option in OPTIONS if option in settings]
    if own and not settings.get("endpointurl", "").startswith(LOOPBACK):
        raise ServiceError(
            f"{LOCAL_CONFIG}: {', '.join(own)} of remote {remote} would be overwritten: "
            "take them out first"
        )


def configure(remote: str, s3: S3Server | None) -> None:
    """Write endpoint and keys into `.dvc/config.local`, or take them out; the rest stays."""
    make_private(LOCAL_CONFIG)
    with Config(str(DVC_FOLDER)).edit("local") as config:
        settings = config["remote"].setdefault(remote, {})
        for option in OPTIONS:
            settings.pop(option, None)
        if s3 is not None:
            AWS_CONFIG.write_text(AWS_SETTINGS, encoding="utf-8")
            values = (s3.endpoint, s3.access_key, s3.secret, str(AWS_CONFIG.resolve()))
            settings |= dict(zip(OPTIONS, values, strict=True))
        if not settings:
            del config["remote"][remote]


def make_private(path: Path) -> None:
    """Make a file readable by its owner alone before a secret is written into it."""
    path.touch(mode=0o600)
    path.chmod(0o600)


def main(command: str) -> None:
    os.umask(0o077)
    FOLDER.mkdir(exist_ok=True)
    try:
        with FileLock(FOLDER / "lock"):
            {"start": start, "stop": stop}[command]()
    except ServiceError as error:
        sys.exit(f"services: {error}")


if __name__ == "__main__":
    main(sys.argv[1])
