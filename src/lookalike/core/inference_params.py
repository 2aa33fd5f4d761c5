"""`base.inference`: what computes the embeddings of the pipeline, and in which numbers."""

from typing import Annotated, Literal

from pydantic import Field

from lookalike.core.group import Choice


class Torch(Choice):
    """The network itself; on a GPU, where there is one.

    Attributes:
        precision: None: that of training, `base.precision`.
        decode: what decodes ordinary JPEGs; None: the processor.
    """

    engine: Literal["torch"] = "torch"
    precision: Literal["fp32", "bf16"] | None = None
    decode: Literal["processor", "device"] | None = None


class _Graph(Choice):
    """The exported graph, on the processor."""

    calibration_images: int = Field(
        default=300,
        ge=1,
        description="int8: training images, at most, from which the ranges of numbers are learned",
    )


class OnnxRuntime(_Graph):
    """Computed by ONNX Runtime, which searching needs anyway."""

    engine: Literal["onnxruntime"] = "onnxruntime"
    precision: Literal["fp32", "int8"] = "fp32"


class OpenVino(_Graph):
    """Computed by OpenVINO, the fastest on a processor."""

    engine: Literal["openvino"] = "openvino"
    precision: Literal["fp32", "bf16", "int8"] = "fp32"


AnyInference = Annotated[Torch | OnnxRuntime | OpenVino, Field(discriminator="engine")]
