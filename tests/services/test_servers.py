"""The two servers of development and tests, started for real."""

from pathlib import Path

import pymongo
import pytest
from botocore.exceptions import ClientError

from services.servers import S3Server, Server, ServiceError, start_s3


def test_the_s3_server_keeps_objects_over_a_kill_and_a_restart(tmp_path: Path) -> None:
    first = start_s3(tmp_path / "buckets", tmp_path / "log")
    first.make_bucket("images")
    first.make_bucket("images")
    first.client().put_object(Bucket="images", Key="a/b", Body=b"bytes")
    first.kill()
    assert not first.running
    second = start_s3(tmp_path / "buckets", tmp_path / "log", (first.access_key, first.secret))
    assert second.client().get_object(Bucket="images", Key="a/b")["Body"].read() == b"bytes"
    second.stop()
    assert not second.running
    second.stop()


def test_the_s3_server_refuses_another_secret(s3: S3Server) -> None:
    stranger = S3Server(s3.pid, s3.created, s3.address, s3.access_key, "0" * 40)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.client().list_buckets()


def test_the_secret_is_in_no_log_and_on_no_command_line(tmp_path: Path) -> None:
    server = start_s3(tmp_path / "buckets", tmp_path / "log")
    server.make_bucket("images")
    command = Path(f"/proc/{server.pid}/cmdline").read_text(encoding="utf-8")
    server.stop()
    for text in ((tmp_path / "log").read_text(encoding="utf-8"), command, repr(server)):
        assert server.secret not in text


def test_the_mongodb_server_answers(mongodb: Server) -> None:
    with pymongo.MongoClient(f"mongodb://{mongodb.address}") as client:
        client["test"]["images"].insert_one({"_id": "a"})
        assert client["test"]["images"].count_documents({}) == 1


def test_a_server_that_ends_at_once_is_one_line_naming_the_log(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"^rclone ended with exit code 1: see .*log$"):
        start_s3(tmp_path / "buckets", tmp_path / "log", keys=("a,b", "c"))
