"""Which files `ingest` will refuse: foretold from all names, and from a few files of each kind."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from lookalike.images.decode import UndecodableImageError
from lookalike.images.rendering import decode_picture
from lookalike.ingest.frames import check_video
from lookalike.ingest.params import IngestParams
from lookalike.ingest.reading import Allowance
from lookalike.ingest.rejection import Rejection, rejection
from lookalike.ingest.sidecars import is_video
from lookalike.ingest.source import Candidate, Source, UnreadableError

# Files of one suffix that are tried until one is an image, and files that are tried in all.
TRIED_OF_A_SUFFIX = 20
TRIED = 200


def predict_refusals(
    source: Source, candidates: list[Candidate], params: IngestParams
) -> list[Rejection]:
    """The refusals that are to be expected, sorted by path.

    Where none of the files of a suffix that are tried is an image, none of that suffix is expected
    to be. Names that are not UTF-8 are refused whatever the file holds.

    Args:
        source: where the candidates are.
        candidates: sorted by path.
        params: how images are read.
    """
    by_suffix: dict[str, list[Candidate]] = {}
    refused = []
    for candidate in candidates:
        if _is_utf8(candidate.path):
            suffix = PurePosixPath(candidate.path).suffix.lower()
            by_suffix.setdefault(suffix, []).append(candidate)
        else:
            refused.append(rejection(candidate, "its name is not UTF-8", 0))
    tried = 0
    for files in by_suffix.values():
        problem: str | None = None
        for candidate in _spread(files):
            if tried == TRIED:
                problem = None
                break
            tried += 1
            problem = _problem(source, candidate, params)
            if problem is None:
                break
        if problem is not None:
            refused += [rejection(candidate, problem, candidate.bytes) for candidate in files]
    return sorted(refused, key=lambda rejection: rejection.path)


def _spread(files: list[Candidate]) -> Iterator[Candidate]:
    """Some of the files, evenly spaced, the first one first."""
    count = min(len(files), TRIED_OF_A_SUFFIX)
    return (files[n * len(files) // count] for n in range(count))


def _problem(source: Source, candidate: Candidate, params: IngestParams) -> str | None:
    try:
        if is_video(candidate.path) and params.video_fps is not None:
            video = source.read(candidate, Allowance(params.max_bytes, images_only=False))
            check_video(video, params)
        else:
            decode_picture(source.read(candidate), params.reading, params.max_pixels)
    except (UnreadableError, UndecodableImageError) as reason:
        return str(reason)
    return None


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
