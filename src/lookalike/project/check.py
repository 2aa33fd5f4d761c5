"""Is the project ready to run? Asked before anything that takes long."""

from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import PARAMS, SAMPLES
from lookalike.images.decode import UndecodableImageError, decode
from lookalike.ingest.folder import list_folder
from lookalike.model.backbones import check_backbone
from lookalike.project.parameters import read_all

# Enough files to tell a folder of images from a folder of something else.
FILES_TRIED = 100


def check(root: Path) -> str:
    """Check a project's parameter file and the source that it names.

    Returns:
        One line saying what was found.

    Raises:
        LookalikeError: a line for each problem.
    """
    params = read_all(root / PARAMS)
    check_backbone(params.train.backbone)
    source = params.ingest.source
    if Path(source) == SAMPLES:
        return f"{PARAMS} is valid; the source is the built-in digits"
    candidates = list_folder(str(root / source), params.ingest.labels)
    if not any(_is_image(root / source / found.path) for found in candidates[:FILES_TRIED]):
        raise LookalikeError(
            f"ingest.source: {source}: none of the first {len(candidates[:FILES_TRIED])} files is "
            f"an image (the first is {candidates[0].path})"
        )
    classes = {found.label for found in candidates} - {None}
    if len(classes) < 2 and params.train.epochs > 0:
        raise LookalikeError(
            f"ingest.source: {source}: {len(classes)} class folders, but training needs two: put "
            "each class into its folder, or set train.epochs to 0"
        )
    return f"{PARAMS} is valid; {source} has {len(candidates)} files in {len(classes)} classes"


def _is_image(path: Path) -> bool:
    if not path.is_file():  # reading a named pipe would wait for ever
        return False
    try:
        decode(path.read_bytes())
    except (OSError, UndecodableImageError):
        return False
    return True
