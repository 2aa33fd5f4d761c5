"""`dvc.yaml` tells the truth: what a stage's code imports and reads is what the stage declares."""

import ast
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lookalike.core.libraries import COMPUTING
from lookalike.core.params import Block
from lookalike.project.parameters import BLOCKS

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src"
PACKAGE = SOURCE / "lookalike"
LIBRARIES = "data/libraries.json"
PIPELINE: dict[str, dict[str, Any]] = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")["stages"]
# The packages of each layer, lowest first; what lies beside them in the package is on top.
LAYERS = (
    {"core"},
    {"cluster", "terminal"},
    {"figures", "images", "retrieval"},
    {"model", "near_duplicates"},
    {"inference"},
    {"ingest", "split", "train", "evaluate", "export", "index"},
    {"search"},
    {"fresh"},
    {"collect", "publish", "pull", "revisions"},
    {"serve"},
    {"bot"},
    {"record", "compare"},
    {"project", "retrain"},
    {"experiments"},
    {"doctor", "review"},
    {"commands"},
)
# What cannot change a byte, so no stage declares it.
UNDECLARED = {"cluster", "record", "terminal"}
# A stage that depends on this file depends on no version of an engine: the file names it.
INFERENCE = "models/inference.json"
NAMED_BY_INFERENCE = {"onnxruntime", "openvino"}
# A picture beside the model is not worth training anew.
NOT_DECLARED_BY = {"train": {"figures"}}


def script(stage: str) -> Path:
    """The file that a stage runs."""
    program, name = PIPELINE[stage]["cmd"].split()
    assert program == "python"
    return REPOSITORY / name


def imported_files(path: Path) -> set[Path]:
    """The files of the package that one file imports, the `__init__.py` on the way included."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: a relative import"
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    files = set()
    for parts in (module.split(".") for module in modules if module.startswith("lookalike")):
        for depth in range(1, len(parts) + 1):
            base = SOURCE.joinpath(*parts[:depth])
            files |= {f for f in (base / "__init__.py", base.with_suffix(".py")) if f.is_file()}
    return files


def closure(path: Path) -> set[Path]:
    """A file and every file of the package that it needs, directly or not."""
    found, waiting = set(), {path}
    while waiting:
        path = waiting.pop()
        found.add(path)
        waiting |= imported_files(path) - found
    return found


def params_read(files: set[Path]) -> set[str]:
    """What `read_params(...)` is called for: blocks of `params.yaml`, or keys as in `base.seed`."""
    by_class = {block.__name__: name for name, block in BLOCKS.items()}
    names = set()
    for path in files - {PACKAGE / "core" / "params.py"}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"read_yaml", "parse_block"}, f"{path} reads params.yaml"
                if node.func.id == "read_params":
                    block, *keys = node.args
                    assert isinstance(block, ast.Name)
                    name = by_class[block.id]
                    names |= {f"{name}.{ast.literal_eval(key)}" for key in keys} or {name}
    return names


def libraries_used(files: set[Path]) -> set[str]:
    """The distributions whose versions can change what these files compute."""
    modules = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                modules.add(node.module)
    return {COMPUTING[top] for name in modules if (top := name.partition(".")[0]) in COMPUTING}


def params_declared(stage: str) -> tuple[list[str], list[str]]:
    """The keys of `params.yaml` and the libraries that a stage declares."""
    entries = PIPELINE[stage].get("params", [])
    keys = [entry for entry in entries if isinstance(entry, str)]
    [libraries] = [entry[LIBRARIES] for entry in entries if isinstance(entry, dict)] or [[]]
    return keys, libraries


def is_declared(stage: str, path: Path) -> bool:
    """Whether a stage has to declare a file that it reaches."""
    return package(path) not in UNDECLARED | NOT_DECLARED_BY.get(stage, set())


def package(path: Path) -> str:
    """The name of the package that a file is in, however deep: the first below `lookalike`."""
    return path.relative_to(PACKAGE).parts[0] if path.is_relative_to(PACKAGE) else path.name


def layer(path: Path) -> int:
    """The layer of a file; the files beside the packages are on top."""
    return next((n for n, names in enumerate(LAYERS) if package(path) in names), len(LAYERS))


def test_every_package_is_in_a_layer() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == set().union(*LAYERS)


def test_every_stage_runs_a_script_of_its_name() -> None:
    assert {stage: script(stage) for stage in PIPELINE} == {
        path.stem: path for path in SOURCE.glob("*.py")
    }


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_declares_all_the_code_that_it_can_reach(stage: str) -> None:
    dependencies = [REPOSITORY / name for name in PIPELINE[stage]["deps"]]
    reached = closure(script(stage))
    undeclared = {
        str(path.relative_to(REPOSITORY))
        for path in reached
        if not any(path.is_relative_to(dependency) for dependency in dependencies)
        and is_declared(stage, path)
    }
    assert undeclared == set()


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_declares_no_folder_that_it_does_not_reach(stage: str) -> None:
    reached = {path for path in closure(script(stage)) if is_declared(stage, path)}
    code = [REPOSITORY / name for name in PIPELINE[stage]["deps"] if name.startswith("src/")]
    assert [c for c in code if not any(path.is_relative_to(c) for path in reached)] == []


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_reads_the_params_that_it_declares_and_no_others(stage: str) -> None:
    read = params_read(closure(script(stage))) - {"machine"}
    assert sorted(read) == sorted(params_declared(stage)[0])


@pytest.mark.parametrize("stage", sorted(set(PIPELINE) - {"libraries"}))
def test_a_stage_declares_the_libraries_that_compute_its_outputs(stage: str) -> None:
    used = libraries_used({path for path in closure(script(stage)) if is_declared(stage, path)})
    if INFERENCE in PIPELINE[stage]["deps"]:
        used -= NAMED_BY_INFERENCE
    assert params_declared(stage)[1] == sorted(used)


def test_imports_only_go_down() -> None:
    upward = [
        f"{path.relative_to(SOURCE)} imports {target.relative_to(SOURCE)}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for target in imported_files(path) - {PACKAGE / "__init__.py"}
        if layer(target) > layer(path)
    ]
    assert upward == []


def test_a_stage_package_never_imports_another() -> None:
    across = [
        f"{path.relative_to(SOURCE)} imports {target.relative_to(SOURCE)}"
        for stage in PIPELINE
        for path in sorted((PACKAGE / stage).rglob("*.py"))
        for target in imported_files(path)
        if package(target) in set(PIPELINE) - {stage}
    ]
    assert across == []


def test_every_block_is_checked_as_a_whole_file() -> None:
    def all_subclasses(block: type[Block]) -> set[type[Block]]:
        return set(block.__subclasses__()).union(*map(all_subclasses, block.__subclasses__()))

    ours = {b for b in all_subclasses(Block) if b.__module__.startswith("lookalike.")}
    assert ours == set(BLOCKS.values())
