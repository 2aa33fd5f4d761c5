"""A picture of near-duplicates, a row a group."""

from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.figures.grid import Panel, draw_grid
from lookalike.images.store import ImageStore
from lookalike.model.description import stretch_of_model
from lookalike.project.duplicates import Duplicates, Member

ROWS, COLUMNS = 20, 8
TITLE = "Near-duplicates, a row a group; green: in the first one's subset, red: in another"


def draw_duplicates(project: Layout, found: Duplicates, path: Path) -> None:
    """Draw up to 20 groups of up to 8 images into the PNG file `path`, split ones first.

    Args:
        project: the project.
        found: its duplicates.
        path: the file to write.

    Raises:
        LookalikeError: there is no group to draw.
    """
    if not found.groups:
        raise LookalikeError("--gallery: there are no near-duplicates to draw")
    images = ImageStore(project.images, stretch_of_model(project.model))
    subset_of = next(iter(found.subsets.values()), {})

    def panel(member: Member, first: Member) -> Panel:
        subset, subset_of_first = subset_of.get(member.row), subset_of.get(first.row)
        known = subset is not None and subset_of_first is not None and member is not first
        folder, _, name = member.path.rpartition("/")
        return Panel(
            images.picture(member.row),
            f"{folder.rpartition('/')[2]}\n{name}\n{subset or ''}",
            subset == subset_of_first if known else None,
        )

    def is_whole(members: list[Member]) -> bool:
        return len({subset_of.get(member.row) for member in members} - {None}) < 2

    chosen = sorted(found.groups, key=is_whole)[:ROWS]
    rows = [[panel(member, members[0]) for member in members[:COLUMNS]] for members in chosen]
    draw_grid(rows, TITLE, path)
