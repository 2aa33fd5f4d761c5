"""Videos become their frames: each is a file of its own from there on."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lookalike.core.extras import extra
from lookalike.core.layout import cache_folder
from lookalike.images.shards import FRAME_OF
from lookalike.images.worker import Limits, Worker
from lookalike.ingest.params import IngestParams
from lookalike.ingest.read_ahead import ReadFile, read_ahead
from lookalike.ingest.sidecars import is_video
from lookalike.ingest.source import Candidate, Source, UnreadableError

if TYPE_CHECKING:
    from lookalike.ingest.video import Part

FRAME_SECONDS = "frame_seconds"
FRAME_COLUMNS = [pa.field(FRAME_OF, pa.string()), pa.field(FRAME_SECONDS, pa.float64())]
TIME = "#t="  # as W3C Media Fragments: https://www.w3.org/TR/media-frags/#naming-time
HELD_BYTES = 64 * 2**20  # of a video's frames in memory; more lie on the disk


class VideoFrames:
    """Takes the frames of videos, `ingest.video_fps` a second.

    Attributes:
        videos: how many have given frames so far.
        frames: how many these are.
    """

    def __init__(self, params: IngestParams) -> None:
        """Raises LookalikeError where frames are wanted and the extra is not installed."""
        self._params = params
        self._part = None if params.video_fps is None else part_reader(params)
        self.videos = 0
        self.frames = 0

    def read(self, source: Source, candidates: Iterable[Candidate]) -> Iterator[ReadFile]:
        """Every candidate with its bytes, as `read_ahead`; but for a video, its frames.

        A frame has the path `clip.mp4#t=000012.500`, and else all that is said of its video.
        """
        files = read_ahead(source, candidates, self._params.max_bytes)
        if self._part is None:
            yield from files
            return
        limits = Limits.for_images(self._params.max_pixels, self._params.max_seconds)
        worker = Worker(self._part, limits)
        try:
            for file in files:
                if file.problem is None and is_video(file.candidate.path):
                    yield from self._frames(file, worker)
                else:
                    yield file
        finally:
            worker.stop()

    @property
    def added(self) -> int:
        """How many more files there are for the frames, each a file, than for the videos."""
        return self.frames - self.videos

    def summary(self) -> dict[str, int]:
        """The counts for `metrics/ingest.json`; none where no video was asked for its frames."""
        return {} if self._part is None else {"videos": self.videos, "frames": self.frames}

    def _frames(self, file: ReadFile, worker: "Worker[Part]") -> Iterator[ReadFile]:
        """All frames of a video, held until its end is reached: a broken one gives none."""
        with SpooledTemporaryFile(HELD_BYTES, dir=str(cache_folder())) as held:
            try:
                sizes = self._hold(file.data, worker, held)
            except UnreadableError as problem:
                yield ReadFile(file.candidate, b"", str(problem))
                return
            held.seek(0)
            self.videos += 1
            self.frames += len(sizes)
            for number, size in enumerate(sizes):
                yield ReadFile(self._candidate(file.candidate, number), held.read(size), None)

    def _hold(self, video: bytes, worker: "Worker[Part]", held: Any) -> list[int]:
        """Write a video's frames one after the other; their sizes."""
        from lookalike.ingest.video import part_request

        most = self._params.video_max_frames
        sizes: list[int] = []
        is_last = False
        while not is_last:
            [found] = worker.findings([part_request(len(sizes), video)])
            if isinstance(found, str):
                raise UnreadableError(found.replace("broken image", "broken video"))
            for frame in found.frames:
                held.write(frame)
                sizes.append(len(frame))
            is_last = found.is_last
            if len(sizes) > most:
                raise UnreadableError(
                    f"more than the {most} frames that are allowed: lower ingest.video_fps, or "
                    "raise ingest.video_max_frames"
                )
        return sizes

    def _candidate(self, video: Candidate, number: int) -> Candidate:
        seconds = float(number / rate_of(self._params))
        time = f"{TIME}{seconds:010.3f}"
        columns = {**video.columns, FRAME_OF: video.path, FRAME_SECONDS: seconds}
        return video._replace(path=f"{video.path}{time}", uri=f"{video.uri}{time}", columns=columns)


def rate_of(params: IngestParams) -> Fraction:
    """Frames a second, exactly."""
    return Fraction(str(params.video_fps))


def part_reader(params: IngestParams) -> Callable[[bytes], "Part"]:
    """`video.part` by the parameters.

    Raises:
        LookalikeError: the extra is not installed.
    """
    with extra("video"):
        from lookalike.ingest.video import part
    return partial(part, rate=rate_of(params), max_pixels=params.max_pixels)


def check_video(video: bytes, params: IngestParams) -> None:
    """Raise UndecodableImageError where the first frames of a video cannot be taken."""
    from lookalike.ingest.video import part_request

    part_reader(params)(part_request(0, video))
