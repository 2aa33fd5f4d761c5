"""Tensors: lists in JSON, or bytes behind it (Triton's binary tensor data extension)."""

import struct
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from lookalike.core.errors import QueryError
from lookalike.serve.inference_protocol.schemas import InputTensor, OutputTensor, TensorParameters

NUMBERS: dict[str, np.dtype[Any]] = {"FP32": np.dtype("<f4"), "UINT8": np.dtype("u1")}
LENGTH = struct.Struct("<I")  # before each element of BYTES


def elements(tensor: InputTensor, binary: bytes | None) -> list[bytes | str]:
    """The elements of a tensor of BYTES: text of JSON, or bytes.

    Args:
        tensor: the tensor.
        binary: its data; None: they are in the JSON.

    Raises:
        QueryError: data and shape do not agree.
    """
    found: list[Any]
    if binary is not None:
        found = list(_split(tensor, binary))
    else:
        found = np.array(tensor.data or [], object).ravel().tolist()
        if not all(isinstance(each, str) for each in found):
            raise QueryError(f"{tensor.name}: data should be texts, images in Base64")
    _check_size(tensor, len(found))
    return found


def numbers(tensor: InputTensor, binary: bytes | None) -> np.ndarray:
    """The content of a tensor of numbers, of its shape; see `elements`.

    Raises:
        QueryError: data and shape do not agree, or the data are no such numbers.
    """
    dtype = NUMBERS[tensor.datatype]
    if binary is not None:
        if len(binary) != prod(tensor.shape) * dtype.itemsize:
            raise QueryError(f"{tensor.name}: {len(binary)} bytes are not of shape {tensor.shape}")
        values: np.ndarray = np.frombuffer(binary, dtype)
        return values.reshape(tensor.shape)
    try:
        given = np.array(tensor.data or [])
    except ValueError:
        raise QueryError(f"{tensor.name}: data are ragged") from None
    _check_size(tensor, given.size)
    if given.size and given.dtype.kind not in "iuf":
        raise QueryError(f"{tensor.name}: data should be numbers")
    with np.errstate(all="ignore"):
        values = given.astype(dtype)
    if dtype.kind == "u" and (values != given).any():
        raise QueryError(f"{tensor.name}: data of UINT8 are whole numbers from 0 to 255")
    return values.reshape(tensor.shape)


def written(name: str, values: np.ndarray, binary: bool) -> tuple[OutputTensor, bytes]:
    """An output, float32 or text, and what of it comes behind the JSON."""
    is_text = values.dtype.kind == "O"
    tensor = OutputTensor(
        name=name, shape=list(values.shape), datatype="BYTES" if is_text else "FP32"
    )
    if not binary:
        tensor.data = values.ravel().tolist()
        return tensor, b""
    data = values.astype("<f4").tobytes() if not is_text else b"".join(map(_packed, values.flat))
    tensor.parameters = TensorParameters(binary_data_size=len(data))
    return tensor, data


def _packed(text: str) -> bytes:
    data = text.encode()
    return LENGTH.pack(len(data)) + data


def _split(tensor: InputTensor, binary: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(binary):
        try:
            (length,) = LENGTH.unpack_from(binary, start)
        except struct.error:
            length = len(binary)
        start += LENGTH.size
        if start + length > len(binary):
            raise QueryError(f"{tensor.name}: its last element is cut off")
        yield binary[start : start + length]
        start += length


def _check_size(tensor: InputTensor, size: int) -> None:
    if size != prod(tensor.shape):
        raise QueryError(f"{tensor.name}: {size} elements are not of shape {tensor.shape}")
