"""MongoDB as a store: it is published to, and compared; it does not search."""

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.mongodb.database import Connection
from lookalike.publish.mongodb.publisher import plan, publish
from lookalike.publish.mongodb.verification import verify
from lookalike.publish.plan import Plan
from lookalike.publish.store import Metrics, OpenVersion, Published, Verified


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
        """See `Store`."""
        with self._connection.told() as database:
            return verify(index, metrics, database)

    def current(self) -> OpenVersion:
        """Not supported.

        Raises:
            LookalikeError: always.
        """
        raise LookalikeError(
            f"{self.name}: Lookalike does not search in MongoDB; name a store of PostgreSQL or "
            "LanceDB, or take --metadata mongodb"
        )

    def close(self) -> None:
        """Give the sockets back."""
        self._connection.close()
