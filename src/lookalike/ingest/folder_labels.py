"""The label that a file's folders give it."""

from collections.abc import Sequence
from typing import Literal

LabelRule = Literal["folder", "parent", "top_folder", "none"]


def label_of(folders: Sequence[str], rule: LabelRule) -> str | None:
    """The label by a rule; None for a file that lies in no folder.

    Args:
        folders: the folders that the file lies in, outermost first.
        rule: `folder`, all of them (`animals/cat`); `parent`, the innermost (`cat`); `top_folder`,
            the outermost (`animals`); `none`, no label.
    """
    if not folders or rule == "none":
        return None
    match rule:
        case "folder":
            return "/".join(folders)
        case "parent":
            return folders[-1]
        case "top_folder":
            return folders[0]
