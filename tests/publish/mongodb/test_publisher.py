"""Publishing versions of an index."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymongo
import pytest
from pymongo import monitoring
from pymongo.database import Database

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.mongodb import publisher
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.pointer import current_version
from lookalike.publish.mongodb.publisher import publish
from lookalike.publish.mongodb.verification import verify
from lookalike.publish.version import version_of

FORK = multiprocessing.get_context("fork")
METRICS = {"index": {"recall_at_10": 0.5}}


def everything(database: Database[Document]) -> dict[str, list[Document]]:
    names = sorted(database.list_collection_names())
    return {name: sorted(database[name].find(), key=lambda each: each["_id"]) for name in names}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookalike.publish.mongodb.documents.BATCH_DOCUMENTS", 5)
    monkeypatch.setattr("lookalike.publish.mongodb.publisher.BATCH_DOCUMENTS", 5)


def test_an_image_is_a_document_with_its_vector(seven: Index, database: Database[Document]) -> None:
    done = publish(seven, METRICS, 2, database)
    assert (done.new, done.changed, done.removed) == (7, 0, [])
    for row, record in enumerate(seven.records(range(len(seven)))):
        stored = database["images"].find_one({"version": done.version, "path": record["path"]})
        assert stored is not None
        vector = stored.pop("embedding").as_vector()
        assert vector.dtype.name == "FLOAT32"
        assert vector.data == seven.vectors.values[row].tolist()
        key = f"{done.version}/{record['id']}"
        assert stored == {"_id": key, "version": done.version, "row": row, **record}


def test_a_version_is_a_document_with_its_fingerprints(
    seven: Index, database: Database[Document]
) -> None:
    version = publish(seven, METRICS, 2, database).version
    stored = database["indexes"].find_one({"_id": version}) or {}
    assert stored["whole"] is True
    assert (stored["images"], stored["dimension"]) == (7, 4)
    assert stored["vectors_sha256"] == seven.description.vectors_sha256
    assert stored["engine"]["name"] == "exact"
    assert stored["metrics"] == METRICS


def test_there_can_be_no_second_document_of_an_image(
    seven: Index, database: Database[Document]
) -> None:
    publish(seven, METRICS, 2, database)
    stored = database["images"].find_one() or {}
    for document in (stored, {**stored, "_id": "another"}):
        with pytest.raises(pymongo.errors.DuplicateKeyError):
            database["images"].insert_one(document)


def test_done_twice_nothing_changes(seven: Index, database: Database[Document]) -> None:
    publish(seven, METRICS, 2, database)
    before = everything(database)
    done = publish(seven, METRICS, 2, database)
    assert (done.new, done.changed, done.removed) == (0, 0, [])
    assert everything(database) == before


def test_a_version_that_is_there_is_not_written_again(
    seven: Index, database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(seven, METRICS, 2, database)
    monkeypatch.setattr(publisher, "_upsert", pytest.fail)
    done = publish(seven, {"index": {"recall_at_10": 1.0}}, 2, database)
    stored = database["indexes"].find_one({"_id": done.version}) or {}
    assert (done.new, stored["metrics"]) == (0, {"index": {"recall_at_10": 1.0}})


def test_a_missing_document_is_noticed_and_a_changed_one_is_mended_by_a_rewrite(
    seven: Index, database: Database[Document]
) -> None:
    publish(seven, METRICS, 2, database)
    before = everything(database)
    database["images"].delete_one({"row": 2})
    done = publish(seven, METRICS, 2, database)
    assert (done.new, done.changed) == (1, 0)
    database["images"].update_one({"row": 5}, {"$set": {"label": "dog"}})
    done = publish(seven, METRICS, 2, database, rewrite=True)
    assert (done.new, done.changed) == (0, 1)
    assert everything(database) == before


def test_earlier_versions_stay_up_to_a_number(
    make_index: Callable[..., Index], database: Database[Document]
) -> None:
    indexes = [make_index(4, seed) for seed in range(4)]
    versions = [version_of(index) for index in indexes]
    removed = [publish(index, {}, 2, database).removed for index in indexes]
    assert removed == [[], [], [], [versions[0]]]
    assert current_version(database) == versions[3]
    assert {each["_id"] for each in database["indexes"].find()} == set(versions[1:])
    assert database["images"].count_documents({}) == 12


def test_going_back_keeps_the_version_that_was_left(
    seven: Index, nine: Index, database: Database[Document]
) -> None:
    for index in (seven, nine, seven):
        done = publish(index, {}, 1, database)
    assert (done.new, done.removed) == (0, [])
    assert current_version(database) == version_of(seven)
    assert database["indexes"].count_documents({}) == 2


class KillAt(monitoring.CommandListener):
    """Ends this process as a power cut would, before it sends its n-th command."""

    def __init__(self, number: int) -> None:
        self.left = number

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


@pytest.mark.full
def test_killed_anywhere_readers_see_a_whole_version_and_the_next_run_completes(
    make_index: Callable[..., Index],
    seven: Index,
    nine: Index,
    database: Database[Document],
    mongodb_uri: str,
) -> None:
    old, whole = make_index(5, seed=2), {}
    for index in (old, seven):
        publish(index, {}, 1, database)
    whole = {version_of(index): index for index in (seven, nine)}

    def killed_at(number: int) -> None:
        client: Any = pymongo.MongoClient(mongodb_uri, event_listeners=[KillAt(number)])
        publish(nine, {}, 1, client[database.name], silence=0.03)

    seen = []
    for number in range(1, 200):
        process = FORK.Process(target=killed_at, args=(number,))
        process.start()
        process.join()
        current = current_version(database)
        assert current is not None
        verify(whole[current], {}, database)
        seen.append(current)
        if process.exitcode == 0:
            break
    assert process.exitcode == 0
    assert sorted(set(seen), key=seen.index) == list(whole)
    assert {each["_id"] for each in database["indexes"].find()} == set(whole)
    assert database["images"].count_documents({}) == 16


def test_two_at_once_corrupt_nothing(
    make_index: Callable[..., Index],
    database: Database[Document],
    mongodb_uri: str,
    tmp_path: Path,
) -> None:
    indexes = [make_index(300, seed) for seed in (3, 4)]

    def run(number: int) -> None:
        client: Any = pymongo.MongoClient(mongodb_uri)
        try:
            publish(indexes[number], {}, 2, client[database.name], silence=3)
            line = "published"
        except LookalikeError as error:
            line = str(error)
        (tmp_path / str(number)).write_text(line)

    processes = [FORK.Process(target=run, args=(number,)) for number in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    done = {}
    for number, index in enumerate(indexes):
        line = (tmp_path / str(number)).read_text()
        if line == "published":  # the second one too, where the first was soon done
            done[version_of(index)] = index
        else:
            assert "is publishing; try again when it is done" in line
            assert str(processes[1 - number].pid) in line
    current = current_version(database)
    assert current is not None
    verify(done[current], {}, database)
    for index in indexes:
        publish(index, {}, 2, database)
        verify(index, {}, database)
