"""`params.yaml`, read block by block into typed, frozen objects.

Each stage folder declares its own block as a subclass of `Block`; what all of them share, `base`
and `machine`, is here. A stage reads a block by its class, `read_params(TrainParams)`, or some keys
of it, `read_params(BaseParams, "seed")`. So the code says what a stage depends on, and a test holds
that against `dvc.yaml`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from lookalike.core.choices import MachineEngine, RuntimeChoice
from lookalike.core.errors import ConfigError
from lookalike.core.group import Group
from lookalike.core.inference_params import AnyInference, Torch
from lookalike.core.param_problems import problems_of
from lookalike.core.regular_file import regular_text
from lookalike.core.secrets import check_addresses, without_secrets
from lookalike.core.yaml_text import parse_yaml


class Block(Group):
    """A top-level block of `params.yaml`.

    Attributes:
        block: its key.
        renamed: keys that it once had, each with what to write today.
    """

    block: ClassVar[str]
    renamed: ClassVar[dict[str, str]] = {}


class BaseParams(Block):
    """What more than one stage needs and what can change bytes."""

    block = "base"

    seed: int = Field(default=0, ge=0)
    precision: Literal["fp32", "bf16"] = "fp32"
    reproducible: Literal["portable", "machine"] = "machine"
    threads: int = Field(default=2, ge=1)
    inference_batch_size: int = Field(default=32, ge=1)
    inference: AnyInference = Torch()

    @model_validator(mode="after")
    def _portable_engine(self) -> Self:
        if self.reproducible == "portable" and self.inference.engine != "torch":
            raise ValueError(
                f"inference.engine: {self.inference.engine} chooses its instructions by the "
                "processor, so its bytes are not portable: set reproducible: machine"
            )
        return self


class MachineParams(Block):
    """What this machine has, so no stage declares it.

    Workers and the engine cannot change a byte, nor can devices and hosts in what is embedded. In
    training these share the same batches and the same sums; the order of the sums, and with it the
    last bits of a model, is that of their number.
    """

    block = "machine"
    renamed: ClassVar[dict[str, str]] = {"memo_gigabytes": "machine.embedding_cache_gigabytes"}

    workers: int = Field(default=2, ge=0)
    checkpoint_every: int = Field(default=100, ge=1)
    embedding_cache_gigabytes: float = Field(default=5.0, ge=0)
    devices: int = Field(default=1, ge=1)
    hosts: int = Field(default=1, ge=1)
    strategy: Literal["auto", "ddp", "ddp_find_unused_parameters_true"] = "auto"
    runtime: RuntimeChoice = "auto"
    engine: MachineEngine = "local"


PARAMS = Path("params.yaml")

AnyBlock = TypeVar("AnyBlock", bound=Block)


def read_params(block: type[AnyBlock], *keys: str, path: Path = PARAMS) -> AnyBlock:
    """Read and check one block of the parameter file; an absent block gives its defaults.

    Args:
        block: which one.
        keys: those that will be used, where it is not the whole block. `dvc.yaml` declares the
            same ones, and the others are not there: to ask for one raises AttributeError.
        path: the parameter file.

    Raises:
        ConfigError: a line for each problem, naming file, key, value and what is allowed.
    """
    params = parse_block(block, read_yaml(path), path)
    if keys:
        for name in set(block.model_fields) - set(keys):
            params.__dict__.pop(name)
    return params


def read_params_if_any(block: type[AnyBlock], *keys: str, path: Path) -> AnyBlock:
    """As `read_params`, but a missing file gives the defaults: what serves an index needs none."""
    return read_params(block, *keys, path=path) if path.exists() else block()


def with_given(params: AnyBlock, given: Mapping[str, Any], path: Path) -> AnyBlock:
    """A block with what a command line gives in the place of what the file says.

    Args:
        params: the block.
        given: values by key; None: as it is in the block.
        path: the parameter file, for messages.

    Raises:
        ConfigError: a line for each problem, as of `read_params`.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    return parse_block(type(params), {params.block: params.model_dump() | chosen}, path)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML 1.2 mapping, as DVC reads it: `1e-05` is a number.

    Raises:
        ConfigError: the file is missing, is not YAML, or is not a mapping.
    """
    try:
        content = parse_yaml(regular_text(path))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except ValueError as error:
        raise ConfigError(f"{path}: is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: should hold blocks such as 'base:' and 'train:'")
    return content


def parse_block(block: type[AnyBlock], content: dict[str, Any], path: Path) -> AnyBlock:
    """Check one block of a parameter file's content; see `read_params`."""
    value = {} if (given := content.get(block.block)) is None else given
    check_addresses(value, f"{path}: {block.block}")
    try:
        return block.model_validate(value)
    except ValidationError as error:
        lines = [f"{path}: {problem}" for problem in problems_of(error, block)]
        raise ConfigError(without_secrets("\n".join(lines))) from None
