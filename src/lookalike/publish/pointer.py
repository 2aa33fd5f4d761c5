"""The pointer to the current version: what is in a store, as JSON, the current version first."""

from typing import Annotated, Any

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lookalike.core.arrow_file import FURTHER_TYPES
from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.inference.numerics import Numerics
from lookalike.publish.version import version_of
from lookalike.retrieval.exact_search import Metric

TYPES = {str(kind): kind for kind in (*FURTHER_TYPES, *METADATA_SCHEMA.types)}


def _known(kind: str) -> str:
    if kind not in TYPES:
        raise ValueError(f"is none of {', '.join(TYPES)}")
    return kind


ArrowType = Annotated[str, AfterValidator(_known)]


class StoredVersion(BaseModel):
    """A version in a store.

    Attributes:
        version: its name.
        table: where its images are.
        whitened_from: see `IndexDescription`.
        numerics: what computed the vectors.
        columns: names and Arrow types of what is known of images.
        effort: what a search inspects, in the store's own unit; 0: everything.
        metrics: what is told about it.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    table: str
    images: int
    dimension: int
    whitened_from: int | None
    metric: Metric
    model_sha256: str | None
    vectors_sha256: str
    numerics: Numerics
    columns: list[tuple[str, ArrowType]]
    effort: int = 0
    metrics: dict[str, Any] = Field(default={})

    @property
    def embedding_dimension(self) -> int:
        """The size of what the model gives."""
        return self.whitened_from or self.dimension

    @property
    def schema(self) -> pa.Schema:
        """Of what is known of images, as filters see it."""
        return pa.schema([pa.field(name, TYPES[kind]) for name, kind in self.columns])

    @classmethod
    def of(cls, index: Index, table: str, metrics: dict[str, Any]) -> "StoredVersion":
        """What an index is as a version, in a table."""
        description = index.description
        return cls(
            version=version_of(index),
            table=table,
            images=description.images,
            dimension=description.dimension,
            whitened_from=description.whitened_from,
            metric=description.engine.metric,
            model_sha256=description.model_sha256,
            vectors_sha256=description.vectors_sha256,
            numerics=description.numerics,
            columns=[(field.name, str(field.type)) for field in index.metadata.schema],
            metrics=metrics,
        )


class Pointer(BaseModel):
    """All versions of a store that are whole, the current one first."""

    model_config = ConfigDict(frozen=True)

    versions: list[StoredVersion] = Field(default=[])

    @property
    def current(self) -> StoredVersion | None:
        """What readers see; None where nothing is published."""
        return self.versions[0] if self.versions else None

    def find(self, version: str) -> StoredVersion | None:
        """The version of a name, current or not."""
        return next((each for each in self.versions if each.version == version), None)

    def moved_to(self, version: StoredVersion, keep: int) -> "Pointer":
        """With another current version, and `keep` of those before it."""
        earlier = [each for each in self.versions if each.version != version.version][:keep]
        return Pointer(versions=[version, *earlier])

    def left_out_of(self, later: "Pointer") -> list[str]:
        """The names of versions that are here and no longer in a later pointer, sorted."""
        left = {each.version for each in later.versions}
        return sorted({each.version for each in self.versions} - left)
