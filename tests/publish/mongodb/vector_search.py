"""Vector search for a server that has none: what MongoDB documents, over what the server stores.

No server with `$vectorSearch` runs here. This answers the stage and the commands of search indexes
in pymongo's place: a filter is asked of the real server by `find`, and distances are computed of
the vectors that it returns. It refuses what MongoDB's documentation or mongot's source does not
allow, is as late as an index that is built beside, and of a search that is not exact, it misses a
few. It is no proof that Atlas does the same.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pymongo.collection import Collection
from pymongo.errors import OperationFailure
from pymongo.operations import SearchIndexModel

from lookalike.publish.mongodb.documents import Document

OPERATORS = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$not"}
JOINED = {"$and", "$or", "$nor"}
SCORES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "cosine": lambda vectors, query: (
        (1 + vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)) / 2
    ),
    "euclidean": lambda vectors, query: 1 / (1 + ((vectors - query) ** 2).sum(axis=1)),
}


class VectorSearch:
    """What the server would hold: search indexes by collection and name.

    Attributes:
        stages: every `$vectorSearch` that was asked for.
        late: how many looks it takes until an index is there, and until it has what was written.
        fails: builds fail.
    """

    def __init__(self) -> None:
        self.indexes: dict[tuple[str, str], dict[str, Document]] = {}
        self.stages: list[Document] = []
        self.late = 2
        self.fails = False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Answer in the place of pymongo."""
        aggregate = Collection.aggregate

        def answered(images: Collection[Document], pipeline: Any, *rest: Any, **more: Any) -> Any:
            if "$vectorSearch" in pipeline[0]:
                return iter(self.search(images, *pipeline))
            return aggregate(images, pipeline, *rest, **more)

        monkeypatch.setattr(Collection, "aggregate", answered)
        # Functions of the class, which get the collection first
        of_class = {
            "create_search_index": lambda images, model: self.create(images, model),
            "list_search_indexes": lambda images, name=None: self.listed(images, name),
            "drop_search_index": lambda images, name: self.drop(images, name),
        }
        for name, function in of_class.items():
            monkeypatch.setattr(Collection, name, function)

    def of(self, images: Collection[Document]) -> dict[str, Document]:
        return self.indexes.setdefault((images.database.name, images.name), {})

    def create(self, images: Collection[Document], model: SearchIndexModel) -> str:
        document = model.document
        name: str = document["name"]
        vector, *filters = document["definition"]["fields"]
        assert document["type"] == "vectorSearch"
        assert vector["similarity"] in SCORES
        assert 1 <= vector["numDimensions"] <= 8192
        assert all(field.keys() == {"type", "path"} for field in filters)
        assert all(field["type"] == "filter" for field in filters)
        assert images.name in images.database.list_collection_names()
        if name in self.of(images):
            raise OperationFailure("Duplicate Index", 68)
        self.of(images)[name] = {"fields": [vector, *filters], "looks": 0, "searches": 0}
        return name

    def listed(self, images: Collection[Document], name: str | None = None) -> Iterator[Document]:
        for each, index in list(self.of(images).items()):
            if name in {None, each}:
                index["looks"] += 1
                ready = index["looks"] > self.late and not self.fails
                status = "READY" if ready else "FAILED" if self.fails else "BUILDING"
                yield {"name": each, "queryable": ready, "status": status}

    def drop(self, images: Collection[Document], name: str) -> None:
        del self.of(images)[name]

    def search(
        self, images: Collection[Document], first: Document, project: Document
    ) -> list[Document]:
        """A pipeline of the stage, and of a projection that shows row and score."""
        stage = first["$vectorSearch"]
        self.stages.append(stage)
        assert project == {
            "$project": {"_id": 0, "row": 1, "score": {"$meta": "vectorSearchScore"}}
        }
        index = self.of(images).get(stage["index"])
        if index is None:
            return []  # as a name that is misspelled
        vector, *filters = index["fields"]
        check_filter(stage["filter"], {field["path"] for field in filters})
        query = np.array(stage["queryVector"], np.float32)
        if len(query) != vector["numDimensions"]:
            raise OperationFailure("vector field is indexed with another number of dimensions")
        if vector["similarity"] == "cosine" and not query.any():
            raise OperationFailure("Cosine similarity cannot be calculated against a zero vector.")
        candidates = stage.get("numCandidates")
        assert (candidates is None) == stage.get("exact", False)
        assert candidates is None or stage["limit"] <= candidates <= 10_000
        index["searches"] += 1
        if index["searches"] <= self.late:
            return []
        found = [
            (document["row"], document["embedding"].as_vector().data)
            for document in images.find(stage["filter"], {"row": 1, "embedding": 1})
            if candidates is None or document["row"] % candidates
        ]
        rows = np.array([row for row, _ in found], np.int64)
        vectors = np.array([data for _, data in found], np.float32).reshape(-1, len(query))
        if vector["similarity"] == "cosine":  # what has no angle is not indexed
            rows, vectors = rows[vectors.any(axis=1)], vectors[vectors.any(axis=1)]
        scores = SCORES[vector["similarity"]](vectors, query)
        best = np.argsort(-scores, kind="stable")[: stage["limit"]]
        return [{"row": int(rows[place]), "score": float(scores[place])} for place in best]


def check_filter(where: Document, paths: set[str]) -> None:
    """Refuse what `$vectorSearch` does not take."""
    for key, value in where.items():
        if key in JOINED:
            assert value
            for each in value:
                check_filter(each, paths)
            continue
        assert key in paths, f"{key} is not indexed as filter"
        assert value.keys() <= OPERATORS
        for operator, operand in value.items():
            values = operand if operator in {"$in", "$nin"} else [operand]
            assert values, "$in must not be empty"
            assert len({isinstance(each, str) for each in values}) == 1
            assert all(type(each) in {str, int, float} for each in values)
            assert all(np.isfinite(each) for each in values if not isinstance(each, str))
