"""MongoDB as a store: it is published to, compared, and, where the server can, searched."""

from lookalike.core.errors import LookalikeError, NotReadyError
from lookalike.index.index import Index
from lookalike.publish.mongodb.database import Connection
from lookalike.publish.mongodb.documents import INDEXES
from lookalike.publish.mongodb.pointer import current_version
from lookalike.publish.mongodb.publisher import plan, publish
from lookalike.publish.mongodb.search_index import has_vector_search, is_searched
from lookalike.publish.mongodb.verification import verify
from lookalike.publish.mongodb.version import MongodbVersion
from lookalike.publish.plan import Plan
from lookalike.publish.store import Metrics, Published, Verified
from lookalike.publish.verification import checked_recall

INSTEAD = "name a store of PostgreSQL or LanceDB, or take --metadata mongodb"


class MongodbStore:
    """Versions in the database that `MONGODB_URI` names."""

    def __init__(self) -> None:
        self._connection = Connection()
        self.name = self._connection.database.name

    def publish(
        self, index: Index, metrics: Metrics, keep_versions: int, rewrite: bool
    ) -> Published:
        """See `Store`."""
        with self._connection.told() as database:
            return publish(index, metrics, keep_versions, database, rewrite=rewrite)

    def plan(self, index: Index, keep_versions: int, rewrite: bool) -> Plan:
        """See `Store`."""
        with self._connection.told() as database:
            return plan(index, keep_versions, database, rewrite)

    def verify(self, index: Index, metrics: Metrics) -> Verified:
        """See `Store`; the recall, where the server searches."""
        with self._connection.told() as database:
            verified = verify(index, metrics, database)
            if not is_searched(index, database):
                return verified
        return verified._replace(recall=checked_recall(self.name, index, self.current()))

    def current(self) -> MongodbVersion:
        """See `Store`.

        Raises:
            LookalikeError: the server has no vector search, or the version was not made for it.
        """
        with self._connection.told() as database:
            if not has_vector_search(database):
                raise LookalikeError(
                    f"{self.name}: the server has no vector search, as MongoDB Atlas has and "
                    f"MongoDB from 8.2 on with mongot; {INSTEAD}"
                )
            version = current_version(database)
            stored = database[INDEXES].find_one({"_id": version}) or {}
        if version is None:
            raise NotReadyError(f"{self.name}: nothing is published there; run lookalike publish")
        if "search" not in stored:
            raise NotReadyError(
                f"{self.name}: version {version} has no search index: run lookalike publish; or, "
                f"where its metric is dot, {INSTEAD}"
            )
        return MongodbVersion(self._connection.told, stored["search"])

    def close(self) -> None:
        """Give the sockets back."""
        self._connection.close()
