"""Is the project ready to run? Asked before anything that takes long."""

from contextlib import chdir

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.images.bands import Bands
from lookalike.images.decode import UndecodableImageError
from lookalike.images.loading import check_shared_memory
from lookalike.images.rendering import decode_picture
from lookalike.ingest.opening import open_source
from lookalike.ingest.source import Candidate, Source, UnreadableError
from lookalike.model.inflate import RGB
from lookalike.project.parameters import Parameters, read_all
from lookalike.train.check import check_training

# Enough files to tell a folder of images from a folder of something else.
FILES_TRIED = 100


def check(project: Layout) -> str:
    """Check a project's parameter file and the source that it names.

    Returns:
        One line saying what was found.

    Raises:
        LookalikeError: a line for each problem.
    """
    params = read_all(project.params)
    check_training(params.train, params.machine, params.ingest.reading, project)
    _check_inference(params)
    name = params.ingest.source
    if project.root / name == project.samples:
        return f"{project.params.name} is valid; the source is the built-in digits"
    with chdir(project.root):  # a relative source is one of the project's
        source = open_source(params.ingest)
        candidates = source.candidates()
        tried = candidates[:FILES_TRIED]
        if not any(_is_image(source, candidate, params.ingest.reading) for candidate in tried):
            raise LookalikeError(
                f"ingest.source: {name}: none of the first {len(tried)} files is an image (the "
                f"first is {tried[0].path})"
            )
    classes = {found.label for found in candidates} - {None}
    remedy = "put each class into its folder (STAC: name its property in ingest.stac.label)"
    if len(classes) == 1 and params.train.epochs > 0:
        raise LookalikeError(
            f"ingest.source: {name}: a single class, but training needs two: {remedy}, or set "
            "train.epochs to 0"
        )
    valid = f"{project.params.name} is valid; {name} has {len(candidates)} files"
    if not classes and params.train.epochs > 0:
        return (
            f"{valid} without a label, so nothing will be trained and the backbone's own features "
            f"be searched; else {remedy}"
        )
    return f"{valid} in {len(classes)} classes"


def _check_inference(params: Parameters) -> None:
    """Raise LookalikeError unless the images that are embedded at once fit into shared memory."""
    processes = params.machine.workers * params.machine.devices
    pixels = params.train.image_size**2 * RGB
    check_shared_memory(processes, params.base.inference_batch_size * pixels)


def _is_image(source: Source, candidate: Candidate, bands: Bands | None) -> bool:
    try:
        decode_picture(source.read(candidate), bands)
    except (UnreadableError, UndecodableImageError):
        return False
    return True
