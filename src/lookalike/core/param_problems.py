"""What is wrong with a block of `params.yaml`: from pydantic's errors to keys and plain words."""

from collections.abc import Iterator
from difflib import get_close_matches
from inspect import isclass
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

if TYPE_CHECKING:
    from lookalike.core.params import Block


def problems_of(error: ValidationError, block: type["Block"]) -> Iterator[str]:
    """A line for each parameter that is wrong: its dotted key, its value, and what is allowed."""
    problems: dict[str, list[str]] = {}
    for details in error.errors():
        where, message = _describe(block, details)
        problems.setdefault(where, []).append(message)
    for where, found in problems.items():
        yield f"{where}: {' or '.join(found)}"


def _describe(block: type["Block"], details: ErrorDetails) -> tuple[str, str]:
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
    block: type["Block"], location: tuple[int | str, ...]
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


def _hint(block: type["Block"], keys: list[str], known: dict[str, FieldInfo]) -> str:
    if (today := block.renamed.get(".".join(keys))) is not None:
        return f"; it is called {today} now"
    close = get_close_matches(keys[-1], known, n=1)
    if close:
        return f"; did you mean {'.'.join([block.block, *keys[:-1], close[0]])}?"
    return f"; there are {', '.join(sorted(known))}"
