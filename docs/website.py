"""Build the documentation site from the pages that GitHub shows: `make docs`.

The site starts with the README. Links to what is not a page lead to the repository.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from posixpath import dirname, join, normpath

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "build" / "website"
ON_GITHUB = "https://github.com/lookalike-ml/lookalike/blob/main"
RENAMED = {"README.md": "index.md", "docs/README.md": "contents.md"}


def site_files() -> dict[str, str]:
    """What the site is made of: the names of files there, by their paths in the repository."""
    names = {
        path.relative_to(REPOSITORY).as_posix(): path.name
        for path in sorted((REPOSITORY / "docs").iterdir())
        if path.suffix in {".css", ".md", ".png", ".webp"}
    }
    return names | RENAMED


def with_links(text: str, page: str) -> str:
    """The text of a page, its links leading to files of the site or to the repository."""
    names = site_files()

    def link(match: re.Match[str]) -> str:
        target, anchor = match[1], match[2] or ""
        if "://" in target:
            return match[0]
        path = normpath(join(dirname(page), target))
        return f"]({names.get(path, f'{ON_GITHUB}/{path}')}{anchor})"

    return re.sub(r"\]\(([^)#\s]+)(#[^)\s]*)?\)", link, text)


def build(folder: Path) -> Path:
    """Build the site in a folder, and say where it is.

    Raises:
        subprocess.CalledProcessError: a link leads nowhere, as the output says.
    """
    pages = folder / "docs"
    pages.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "docs" / "zensical.toml", folder)
    for path, name in site_files().items():
        source = REPOSITORY / path
        if source.suffix == ".md":
            (pages / name).write_text(with_links(source.read_text("utf-8"), path), "utf-8")
        else:
            shutil.copy(source, pages)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "site"


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    print(build(FOLDER) / "index.html")
