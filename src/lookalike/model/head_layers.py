"""The embedding head in words: `train.head`, a name or any number of layers."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from lookalike.core.group import Group

Width = Annotated[int, Field(ge=2, le=16384)]
Share = Annotated[float, Field(ge=0, lt=1)]


class HeadLayers(Group):
    """The layers of a head.

    Attributes:
        layers: how wide each is; the last one gives the embedding.
        dropout: what share of its inputs each layer does not see in training, and then the
            classifier; empty: they see all.
    """

    layers: list[Width] = Field(
        min_length=1, max_length=16, description="how wide each is; the last one is the embedding"
    )
    dropout: list[Share] = Field(
        default=[],
        description="what share of its inputs each does not see in training, then the classifier",
    )

    @model_validator(mode="after")
    def _one_rate_a_layer(self) -> Self:
        wanted = len(self.layers) + 1
        if self.dropout and len(self.dropout) != wanted:
            raise ValueError(
                f"dropout has {len(self.dropout)} rates, but should have {wanted}: one for each of "
                "the layers, and one for the classifier"
            )
        return self

    @property
    def rates(self) -> list[float]:
        """The dropout rate of each layer, and of the classifier."""
        return self.dropout or [0.0] * (len(self.layers) + 1)


def _branch(given: Any) -> str:
    return "Name" if isinstance(given, str) else "HeadLayers"


Head = Annotated[
    Annotated[Literal["linear", "mlp"], Tag("Name")] | Annotated[HeadLayers, Tag("HeadLayers")],
    Discriminator(_branch),
]
