"""What a release consists of: one version, a wheel and an sdist, and a workflow that publishes."""

import re
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import version
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, text=True, capture_output=True, env={"PATH": "/usr/bin"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_version_is_written_in_one_place() -> None:
    files = run("git", "ls-files", "*.py", "*.pyi", "*.cff", "*.toml", cwd=REPOSITORY).split()
    number = re.compile(rf"^_*version_*\s*[:=].*{re.escape(PROJECT['version'])}", re.MULTILINE)
    texts = {name: (REPOSITORY / name).read_text(encoding="utf-8") for name in files}
    assert [name for name, text in texts.items() if number.search(text)] == ["pyproject.toml"]
    assert version("lookalike") == PROJECT["version"]


def test_the_changelog_knows_the_version() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?{re.escape(PROJECT['version'])}\b", changelog, re.MULTILINE)


@pytest.mark.full
def test_wheel_and_sdist_are_what_pypi_takes_and_the_wheel_works(tmp_path: Path) -> None:
    source = tmp_path / "source"  # building leaves files where it builds
    source.mkdir()
    tracked = run("git", "ls-files", "-z", cwd=REPOSITORY).split("\0")[:-1]
    for name in tracked:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((REPOSITORY / name).read_bytes())
    dist = tmp_path / "dist"
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, source)
    made = sorted(path.name for path in dist.iterdir())
    named = f"lookalike-{PROJECT['version']}"
    assert made == [f"{named}-py3-none-any.whl", f"{named}.tar.gz"]
    run(sys.executable, "-m", "twine", "check", "--strict", *dist.iterdir())

    venv.create(tmp_path / "venv", with_pip=True)
    program = tmp_path / "venv" / "bin" / "python"
    run(program, "-m", "pip", "install", "--quiet", "--no-deps", dist / made[0])
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    # What it depends on is that of the tests: nothing is downloaded
    (ours,) = (Path(sys.prefix) / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{ours}\n")
    lookalike = tmp_path / "venv" / "bin" / "lookalike"
    assert "Image similarity search" in run(lookalike, "--help", cwd=tmp_path)
    assert run(lookalike, "--version", cwd=tmp_path) == f"lookalike {PROJECT['version']}\n"
    code = "import lookalike; lookalike.open_searcher; print(lookalike.__file__)"
    assert run(program, "-c", code, cwd=tmp_path).startswith(str(packages))
