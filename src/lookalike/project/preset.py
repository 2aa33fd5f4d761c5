"""Presets: known-good parameters for a data set, put into `params.yaml`."""

import os
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from lookalike.bot.params import BotParams
from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_file
from lookalike.core.hashing import sha256_of_file
from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams, parse_block, read_yaml
from lookalike.ingest.remote import is_remote
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.project.parameters import BLOCKS
from lookalike.serve.params import ServeParams

FOLDER = Path("presets")

# What a preset sets; what a machine has, and who may ask it, is no matter of a data set.
NAMED = {
    name: block
    for name, block in BLOCKS.items()
    if block not in (BotParams, MachineParams, ServeParams)
}


def preset_names(project: Layout) -> list[str]:
    """The presets of a project, sorted."""
    return sorted(path.stem for path in (project.root / FOLDER).glob("*.yaml"))


def apply_preset(
    project: Layout,
    name: str,
    source: str | Path | None,
    weights: str | Path | None,
    second_weights: str | Path | None = None,
) -> None:
    """Put a preset into `params.yaml`: what it does not name gets its default.

    Comments and the order of keys stay, and so do the blocks `machine`, `serve` and `bot`.

    Args:
        project: the project.
        name: one of `preset_names`.
        source: where the images are: a path, or an address such as `s3://bucket/prefix`.
        weights: pretrained weights: a file, the folder of a model, or an address. Paths are pinned
            by their sha256.
        second_weights: of the second backbone, likewise.

    Paths are written relative to the project if they lie inside it, else absolute; addresses as
    they are.

    Raises:
        LookalikeError: there is no such preset or path, the preset needs a source, has no second
            backbone, or it is wrong.
    """
    overlay = _read_overlay(project, name)
    if source is not None:
        overlay.setdefault("ingest", {})["source"] = _location(source, "--source", project)
    elif "source" not in overlay.get("ingest", {}):
        raise LookalikeError(f"preset {name}: say where the images are: --source PATH")
    train = overlay.setdefault("train", {})
    if weights is not None:
        train.update(_pinned(weights, "--weights", project))
    if second_weights is not None:
        if not train.get("second_backbone"):
            raise LookalikeError(f"preset {name}: has no second backbone: leave --second-weights")
        train["second_backbone"].update(_pinned(second_weights, "--second-weights", project))

    read_yaml(project.params)  # says in one line what is wrong with the file
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(
        type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    content = yaml.load(project.params.read_text(encoding="utf-8"))
    for block_name, block in NAMED.items():
        values = parse_block(block, overlay, FOLDER / f"{name}.yaml").model_dump()
        if content.get(block_name) is None:
            content[block_name] = CommentedMap()
        _update(content[block_name], values)
    with atomic_file(project.params) as partial, partial.open("w", encoding="utf-8") as file:
        yaml.dump(content, file)


def _read_overlay(project: Layout, name: str) -> dict[str, Any]:
    names = preset_names(project)
    if name not in names:
        raise LookalikeError(f"preset {name}: there is none; there are {', '.join(names)}")
    overlay = read_yaml(project.root / FOLDER / f"{name}.yaml")
    for block in overlay:
        if block not in NAMED:
            raise LookalikeError(
                f"{FOLDER / name}.yaml: {block}: there is no such block in a preset; there are "
                f"{', '.join(NAMED)}"
            )
    return overlay


def _pinned(weights: str | Path, option: str, project: Layout) -> dict[str, str | None]:
    """How `params.yaml` names weights; a file or a model by what it holds, too."""
    pinned: dict[str, str | None] = {
        "weights": _location(weights, option, project),
        "weights_sha256": None,
        "weights_revision": None,
    }
    if not is_remote(str(weights)):
        path = Path(weights)
        pinned["weights_sha256"] = fingerprint(path) if path.is_dir() else sha256_of_file(path)
    return pinned


def _location(place: str | Path, option: str, project: Layout) -> str:
    """How `params.yaml` spells a path or an address; a path has to exist."""
    if is_remote(str(place)):
        return str(place)
    # not resolve(): what a link inside the project leads to is still named by the link
    path, root = (Path(os.path.abspath(path)) for path in (place, project.root))  # noqa: PTH100
    if not path.exists():
        raise LookalikeError(f"{option} {place}: there is no such file or folder")
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _update(target: CommentedMap, values: dict[str, Any]) -> None:
    """Set values key by key: a value that stays keeps its comment and its way of being written."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(target.get(key), CommentedMap):
            _update(target[key], value)
        elif key not in target or target[key] != value:
            target[key] = value
    for key in target.keys() - values.keys():  # of another engine
        del target[key]
