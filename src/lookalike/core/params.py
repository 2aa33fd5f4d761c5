"""`params.yaml`, read block by block into typed, frozen objects.

Each stage folder declares its own block as a subclass of `Block`; what all of them share, `base`
and `machine`, is here. A stage reads a block by its class, `read_params(TrainParams)`, or some keys
of it, `read_params(BaseParams, "seed")`. So the code says what a stage depends on, and a test holds
that against `dvc.yaml`.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from inspect import isclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lookalike.core.choices import MachineEngine, RuntimeChoice
from lookalike.core.errors import ConfigError, one_line
from lookalike.core.group import Group
from lookalike.core.inference_params import AnyInference, Torch
from lookalike.core.secrets import check_addresses, without_secrets


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
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except YAMLError as error:
        raise ConfigError(f"{path}: is not YAML: {one_line(error, None)}") from None
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
        problems: dict[str, list[str]] = {}
        for details in error.errors():
            where, message = _describe(block, details)
            problems.setdefault(where, []).append(message)
        lines = [f"{path}: {where}: {' or '.join(found)}" for where, found in problems.items()]
        raise ConfigError(without_secrets("\n".join(lines))) from None


def _describe(block: type[Block], details: ErrorDetails) -> tuple[str, str]:
    keys, known = _locate(block, details["loc"])
    key = ".".join([block.block, *keys])
    if details["type"] == "extra_forbidden":
        return key, f"there is no such parameter{_hint(block, keys, known)}"
    if details["type"] in {"union_tag_not_found", "union_tag_invalid"}:
        tag = known[keys[-1]].discriminator
        given = details.get("ctx", {}).get("tag")
        names = ", ".join(_members(known[keys[-1]]))
        wrong = "missing" if given is None else f"= {given!r}"
        return f"{key}.{tag}", f"{wrong}; there are {names}"
    message = details["msg"].removeprefix("Value error, ")
    if isinstance(details["input"], dict):
        return key, message
    return f"{key} = {details['input']!r}", message[0].lower() + message[1:]


def _locate(
    block: type[Block], location: tuple[int | str, ...]
) -> tuple[list[str], dict[str, FieldInfo]]:
    """The keys of a location, and all parameters beside the last of them.

    pydantic adds the tried branch of a union, which is no key: "int", "list[str]", a class, the
    name of an engine.
    """
    keys: list[str] = []
    known: dict[str, FieldInfo] = {}
    inside = block.model_fields
    members: dict[str, type[BaseModel]] = {}
    for part in map(str, location):
        if part in members:
            inside, members = members[part].model_fields, {}
        elif part[:1].isupper():
            inside = _branch(known[keys[-1]], part)
        elif part != "int" and "[" not in part:
            keys.append(part)
            known = inside
            field = known.get(part)
            members = _members(field) if field is not None else {}
            inside = dict(getattr(field.annotation, "model_fields", {})) if field else {}
    return keys, known


def _branch(field: FieldInfo, name: str) -> dict[str, FieldInfo]:
    """The parameters of a class that is a branch of a union."""
    bare = [(get_args(branch) or (branch,))[0] for branch in get_args(field.annotation)]
    classes = {branch.__name__: branch for branch in bare if isclass(branch)}
    return dict(getattr(classes.get(name), "model_fields", {}))


def _members(field: FieldInfo) -> dict[str, type[BaseModel]]:
    """The branches of a union that a parameter tells apart, by the value that is of each."""
    if not isinstance(field.discriminator, str):
        return {}
    return {
        member.model_fields[field.discriminator].default: member
        for member in get_args(field.annotation)
    }


def _hint(block: type[Block], keys: list[str], known: dict[str, FieldInfo]) -> str:
    if (today := block.renamed.get(".".join(keys))) is not None:
        return f"; it is called {today} now"
    close = get_close_matches(keys[-1], known, n=1)
    if close:
        return f"; did you mean {'.'.join([block.block, *keys[:-1], close[0]])}?"
    return f"; there are {', '.join(sorted(known))}"
