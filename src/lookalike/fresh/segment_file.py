"""One SQLite file with what was added and removed: it changes whole or not at all.

SQLite lets one writer in at a time, whatever the process, and readers see what was committed. Each
change leaves a token, so that who has read the file before knows whether to read it again.
"""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lookalike.core.errors import DataError, LookalikeError

PATIENCE = 30.0  # seconds that a writer waits for another one
APPLICATION = 0x4C4F4F4B  # "LOOK": tells the file from other programs' (PRAGMA application_id)
# The bytes come last: SQLite does not read what it is not asked for
TABLES = """
    CREATE TABLE images (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
        label TEXT, source TEXT NOT NULL, predicted_label TEXT, width INTEGER NOT NULL,
        height INTEGER NOT NULL, model_sha256 TEXT NOT NULL, embedding BLOB NOT NULL,
        thumbnail BLOB, file BLOB NOT NULL);
    CREATE TABLE removed (id TEXT PRIMARY KEY);
    CREATE TABLE token (token TEXT NOT NULL);
    INSERT INTO token VALUES ('');
"""


class SegmentFile:
    """The file; it is there from the first change on.

    Every method raises LookalikeError where the file is broken or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_there(self) -> bool:
        """Whether anything was ever written."""
        try:
            return self.path.stat().st_size > 0  # empty: its first writer is not done
        except OSError:
            return False

    def token(self) -> str | None:
        """Another one after every change; None where there is no file."""
        if not self.is_there():
            return None
        with self.reading() as database:
            (token,) = database.execute("SELECT token FROM token").fetchone()
            return str(token)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All that is read in this block is from one moment."""
        with self._open("ro") as database:
            self._check(database)
            database.execute("BEGIN")
            yield database

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: what is raised inside undoes it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LookalikeError(f"{self.path}: cannot be written ({error.strerror})") from None
        with self._open("rwc") as database:
            database.execute("PRAGMA secure_delete = ON")  # removed images leave nothing behind
            database.execute("BEGIN IMMEDIATE")
            if not database.execute("SELECT 1 FROM sqlite_master").fetchone():
                database.execute(f"PRAGMA application_id = {APPLICATION}")
                for statement in TABLES.split(";")[:-1]:
                    database.execute(statement)
            self._check(database)
            yield database
            database.execute("UPDATE token SET token = ?", [uuid.uuid4().hex])
            database.execute("COMMIT")

    @contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        try:
            connection = sqlite3.connect(address, PATIENCE, isolation_level=None, uri=True)
            with closing(connection):
                yield connection
        except sqlite3.OperationalError as error:  # locked, read-only, a full disk
            raise LookalikeError(f"{self.path}: cannot be used now ({error})") from None
        except sqlite3.DatabaseError as error:
            raise self._broken(str(error)) from None

    def _check(self, database: sqlite3.Connection) -> None:
        if database.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
            raise self._broken("of another program")

    def _broken(self, reason: str) -> DataError:
        return DataError(
            f"{self.path}: is no file of added images ({reason}); remove it, and add them again"
        )
