"""The JSON of the Open Inference Protocol; what it allows and we do not use is ignored."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from lookalike.serve.schemas import MOST_HITS

Shape = list[Annotated[int, Field(ge=0)]]


class TensorParameters(BaseModel):
    """Of the binary tensor data extension: bytes of the tensor behind the JSON."""

    binary_data_size: int | None = Field(default=None, ge=0)


class InputTensor(BaseModel):
    """A tensor; `data` in row-major order, flat or nested."""

    name: str
    shape: Shape
    datatype: str
    parameters: TensorParameters = TensorParameters()
    data: list[Any] | None = None


class OutputParameters(BaseModel):
    """Of an output that is asked for."""

    binary_data: bool | None = None


class RequestedOutput(BaseModel):
    """An output that is asked for."""

    name: str
    parameters: OutputParameters = OutputParameters()


class InferParameters(BaseModel):
    """Of a request."""

    k: int = Field(default=10, ge=1, le=MOST_HITS, description="Neighbors of each image.")
    binary_data_output: bool = False


class InferRequest(BaseModel):
    """Images, and which outputs are wanted of them; all, where none is named."""

    id: str | None = None
    parameters: InferParameters = InferParameters()
    inputs: list[InputTensor] = Field(min_length=1, max_length=1)
    outputs: list[RequestedOutput] = Field(default=[], max_length=100)


class OutputTensor(BaseModel):
    """A tensor; its data are missing where they are behind the JSON."""

    name: str
    shape: Shape
    datatype: str
    parameters: TensorParameters | None = None
    data: list[Any] | None = None


class InferAnswer(BaseModel):
    """The outputs, in the order asked for."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]


class TensorMetadata(BaseModel):
    """What a tensor is like; -1: any size."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(BaseModel):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ServerMetadata(BaseModel):
    """Which server this is."""

    name: str
    version: str
    extensions: list[str]


class Live(BaseModel):
    """Whether the process answers."""

    live: bool


class Ready(BaseModel):
    """Whether it can infer."""

    ready: bool


class ModelReady(Ready):
    """Whether a model can infer."""

    name: str
