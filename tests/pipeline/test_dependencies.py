"""`dvc.yaml` tells the truth: what a stage's code imports and reads is what the stage declares."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lookalike.core.params import Block
from lookalike.project.parameters import BLOCKS

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src"
PACKAGE = SOURCE / "lookalike"
STAGES = ("samples", "ingest", "split", "train", "evaluate", "embed", "index")
FLOORS = (
    {"core"},
    {"images"},
    {"model", "retrieval"},
    {"ingest", "split", "train", "evaluate", "index"},
    {"search"},
    {"publish"},
    {"project"},
)


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


def closure(script: Path) -> set[Path]:
    """The script and every file of the package that it needs, directly or not."""
    found, waiting = set(), {script}
    while waiting:
        path = waiting.pop()
        found.add(path)
        waiting |= imported_files(path) - found
    return found


def blocks_read(files: set[Path]) -> set[str]:
    """The blocks of `params.yaml` that `read_params(...)` is called for."""
    by_class = {block.__name__: name for name, block in BLOCKS.items()}
    names = set()
    for path in files - {PACKAGE / "core" / "params.py"}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"read_yaml", "parse_block"}, f"{path} reads params.yaml"
                if node.func.id == "read_params":
                    assert isinstance(node.args[0], ast.Name)
                    names.add(by_class[node.args[0].id])
    return names


def floor(path: Path) -> int:
    """The floor of a file of the package; files beside the folders are on top."""
    room = path.relative_to(PACKAGE).parts[0]
    return next((n for n, rooms in enumerate(FLOORS) if room in rooms), len(FLOORS))


def declared(stage: str) -> dict[str, list[str]]:
    entry: dict[str, list[str]] = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")["stages"][stage]
    return entry


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_all_the_code_that_it_can_reach(stage: str) -> None:
    dependencies = [REPOSITORY / name for name in declared(stage)["deps"]]
    reached = closure(SOURCE / f"{stage}.py")
    undeclared = {
        str(path.relative_to(REPOSITORY))
        for path in reached
        if not any(path.is_relative_to(dependency) for dependency in dependencies)
    }
    assert undeclared == set()


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_no_folder_that_it_does_not_reach(stage: str) -> None:
    reached = closure(SOURCE / f"{stage}.py")
    code = [REPOSITORY / name for name in declared(stage)["deps"] if name.startswith("src/")]
    assert [c for c in code if not any(path.is_relative_to(c) for path in reached)] == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reads_the_params_that_it_declares_and_no_others(stage: str) -> None:
    read = blocks_read(closure(SOURCE / f"{stage}.py")) - {"machine"}
    assert sorted(read) == sorted(declared(stage).get("params", []))


def test_imports_only_go_down() -> None:
    upward = [
        f"{path.relative_to(SOURCE)} imports {target.relative_to(SOURCE)}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for target in imported_files(path) - {PACKAGE / "__init__.py"}
        if floor(target) > floor(path)
    ]
    assert upward == []


def test_a_stage_folder_never_imports_another() -> None:
    across = [
        f"{path.relative_to(SOURCE)} imports {target.relative_to(SOURCE)}"
        for room in STAGES
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for target in imported_files(path)
        if target.parent.name in set(STAGES) - {room}
    ]
    assert across == []


def test_every_block_is_checked_as_a_whole_file() -> None:
    def all_subclasses(block: type[Block]) -> set[type[Block]]:
        return set(block.__subclasses__()).union(*map(all_subclasses, block.__subclasses__()))

    ours = {b for b in all_subclasses(Block) if b.__module__.startswith("lookalike.")}
    assert ours == set(BLOCKS.values())
