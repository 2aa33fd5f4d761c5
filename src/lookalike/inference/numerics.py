"""How embeddings were computed: what has to be the same for two of them to be compared."""

from pydantic import BaseModel, ConfigDict

from lookalike.core.choices import Engine, Precision


class Numerics(BaseModel):
    """What computed an embedding, and in which numbers.

    Attributes:
        engine: what computed it.
        precision: fp32; bf16 where the processor or GPU multiplies; int8: a quantized graph.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Engine
    precision: Precision

    def agrees_with(self, other: "Numerics") -> bool:
        """Whether embeddings of the one may be compared with those of the other.

        In fp32, all engines compute the same: the export is compared with the network by each of
        them (`export/parity.py`). In fewer bits each rounds in its own way.
        """
        return self == other or self.precision == other.precision == "fp32"

    def __str__(self) -> str:
        return f"{self.engine} in {self.precision}"


BY_DEFAULT = Numerics(engine="torch", precision="fp32")
