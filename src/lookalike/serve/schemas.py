"""What requests and answers look like."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MODEL = "lookalike"  # as the model protocols call it
MOST_HITS = 1000
MOST_EXAMPLES = 32
MOST_CHARACTERS = 1000

Ids = Annotated[list[str], Field(max_length=MOST_EXAMPLES)]
SHA256 = "^[0-9a-f]{64}$"


class SearchOptions(BaseModel):
    """What hits are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    k: int = Field(default=10, ge=1, le=MOST_HITS, description="How many hits.")
    where: str | None = Field(
        default=None, description="Which images may be hits, as in \"label = 'cat'\"."
    )
    min_similarity: float | None = Field(
        default=None, ge=-1, le=1, description="Leave out hits that are less similar, a cosine."
    )
    exclude_query: bool = Field(default=False, description="Leave out the query's own examples.")


class FormFields(SearchOptions):
    """The fields of a form beside its files."""

    like: Ids = Field(default=[], description="Indexed images that are examples, too.")
    unlike: Ids = Field(default=[], description="Indexed images that hits should be unlike.")
    text: str | None = Field(
        default=None,
        max_length=MOST_CHARACTERS,
        description="What the images show, where the model knows text: an example, too.",
    )
    collect: bool = Field(
        default=False,
        description="The user consents: keep the images that are sent, where `serve.collect` is "
        "set.",
    )


class PredictRequest(FormFields):
    """A search without an upload: by `id`, `like` and `unlike`, `path` or `url`, and by `text`."""

    id: str | None = Field(default=None, description="An indexed image.")
    path: str | None = Field(
        default=None, description="A file inside `serve.images_root`, where that is set."
    )
    url: str | None = Field(
        default=None, description="An image on one of the hosts in `serve.url_hosts`."
    )

    @model_validator(mode="after")
    def _one_query(self) -> Self:
        given = [self.id is not None, self.path is not None, self.url is not None]
        examples = sum(given) + bool(self.like)
        if examples > 1 or (not examples and self.text is None):
            raise ValueError("give one of id, like, path and url, or text")
        return self


class PredictForm(FormFields):
    """A search by uploaded images."""

    file: list[bytes] = Field(
        default=[], description="Image files: the examples.", max_length=MOST_EXAMPLES
    )


class AddForm(BaseModel):
    """Images to be added."""

    file: list[bytes] = Field(description="Image files.", max_length=MOST_EXAMPLES)
    label: str | None = Field(default=None, description="Of all of them.")


class AddedImage(BaseModel):
    """What became of an image."""

    id: str
    path: str
    outcome: Literal["added", "indexed", "known", "restored"]


class AddedImages(BaseModel):
    """What became of each image, in the order in which they came."""

    images: list[AddedImage]


class Prediction(BaseModel):
    """A class and the probability that the image is of it."""

    label: str
    probability: float


class Record(BaseModel):
    """What is known of an indexed image."""

    model_config = ConfigDict(extra="allow")

    id: str
    path: str
    label: str | None
    source: str
    split: str | None
    predicted_label: str | None
    width: int
    height: int


class Hit(Record):
    """An indexed image; `similarity` is the cosine between its embedding and the query's."""

    similarity: float


class CollectedImage(BaseModel):
    """Whether an image will be kept."""

    id: str
    outcome: Literal["accepted", "too large", "too many"]


class PredictAnswer(BaseModel):
    """The likeliest classes of a single image, and the most similar images, nearest first."""

    query: str
    predictions: list[Prediction]
    hits: list[Hit]
    collected: list[CollectedImage] = Field(
        default=[], description="Of each image that was sent, where the request says `collect`."
    )


class Correction(BaseModel):
    """What a collected image really shows."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=SHA256, description="Of an image that was collected.")
    label: str = Field(min_length=1, max_length=200, description="The label that is right.")

    @field_validator("label")
    @classmethod
    def _readable(cls, label: str) -> str:
        if not label.isprintable() or label != label.strip():
            raise ValueError("should be one line of text without spaces around it")
        return label


class UnlikePair(BaseModel):
    """Two images that are not alike, though one was found by the other."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(pattern=SHA256, description="Of a collected image, or of an indexed one.")
    hit: str = Field(pattern=SHA256, description="Of the indexed image that is not like it.")


class LabelCount(BaseModel):
    """How many indexed images have a label."""

    label: str | None
    images: int


class Labels(BaseModel):
    """Every label, in alphabetical order."""

    labels: list[LabelCount]


class Column(BaseModel):
    """What `where` may name; `values` where there are few different ones."""

    name: str
    type: str
    values: list[Any] | None


class Columns(BaseModel):
    """Everything that `where` may name."""

    columns: list[Column]


class ServedRevision(BaseModel):
    """What `--rev` names, and the version under which its commit is registered, if it is."""

    name: str
    commit: str
    version: str | None


class Version(BaseModel):
    """Which software, model and index answer, and of which revision; null: of the folders."""

    version: str
    model: str
    index: str
    engine: str
    images: int
    classes: int
    has_images: bool
    has_text: bool
    collects: bool
    revision: ServedRevision | None
