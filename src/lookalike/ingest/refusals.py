"""Whether enough of a source is usable."""

from collections import Counter
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.ingest.manifest import Manifest
from lookalike.ingest.params import IngestParams
from lookalike.ingest.rejection import Rejection

KINDS_NAMED = 3


def check_refusals(
    params: IngestParams, manifest: Manifest, refused: list[Rejection], listed_in: Path | None
) -> None:
    """Raise LookalikeError unless enough of the source is usable.

    The line names the kinds of trouble, and the fraction to allow. Duplicates, and files that are
    no images by their names, do not count.

    Args:
        params: how many may be refused.
        manifest: the files of the source.
        refused: those of its candidates that are, or will be.
        listed_in: the file that lists them, where there is one.
    """
    files, allowed = len(manifest.candidates), params.max_rejected_fraction
    if len(refused) == files:
        raise LookalikeError(
            f"ingest.source: {params.source}: none of its files is an image "
            f"({kinds_of(refused or manifest.set_aside)})"
        )
    if len(refused) > allowed * files:
        percent = -(-100 * len(refused) // files)
        where = f"; {listed_in} lists them" if listed_in else ""
        raise LookalikeError(
            f"ingest.source: {params.source}: {len(refused)} of {files} files are refused "
            f"({kinds_of(refused)}), more than ingest.max_rejected_fraction = {allowed:g} allows: "
            f"mend or remove them, or set it to {percent / 100:g}{where}"
        )


def kinds_of(rejections: list[Rejection]) -> str:
    """As in `2 x empty file, 1 x broken image; the first is cat/1.jpg`."""
    kinds = Counter(rejection.kind_of_reason for rejection in rejections).most_common(KINDS_NAMED)
    named = ", ".join(f"{count} x {kind}" for kind, count in kinds)
    return f"{named}; the first is {rejections[0].printable().path}"
