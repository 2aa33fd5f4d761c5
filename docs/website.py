"""Build the documentation site from the pages that GitHub shows: `make docs`.

The site starts with the README. Links to what is not a page lead to the repository.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from posixpath import dirname, join, normpath

from lookalike.figures.content_policy import script_hashes

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "build" / "website"
ON_GITHUB = "https://github.com/lookalike-ml/lookalike/blob/main"
META = '<meta http-equiv="Content-Security-Policy" content="{}">'
POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",  # what is searched
    "font-src": "'self'",
    "form-action": "'none'",
    "img-src": "'self' data:",
    "style-src": "'self' 'unsafe-inline'",  # widths and colors of the theme
    "worker-src": "'self'",  # which searches
}
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
    for page in (folder / "site").rglob("*.html"):
        page.write_text(with_policy(page.read_text("utf-8")), "utf-8")
    return folder / "site"


def with_policy(page: str) -> str:
    """A page that loads nothing from elsewhere, and runs the scripts of the theme and no others."""
    # which choose light or dark before anything is drawn
    scripts = " ".join(script_hashes(page))
    policy = "; ".join(f"{kind} {sources}" for kind, sources in POLICY.items())
    meta = META.format(f"{policy}; script-src 'self' {scripts}")
    head, start, rest = page.partition("<head>")
    assert start, "a page without a head"
    return f"{head}{start}{meta}{rest}"


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    print(build(FOLDER) / "index.html")
