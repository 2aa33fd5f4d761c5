"""The style sheets of pages that are files, which have them inside."""

from pathlib import Path

SHARED = Path(__file__).parents[1] / "page"
THEME = SHARED / "theme.css"  # colors, light and dark, and fonts: as those of the served page
READING = SHARED / "reading.css"  # text and tables


def style(*sheets: Path) -> str:
    """Several style sheets as one."""
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
