"""The frames of a video that are shown at a steady rate, as PNG files."""

from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from itertools import chain
from typing import NamedTuple

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from lookalike.images.refusal import UndecodableImageError, check_pixels

PART_FRAMES = 32
NUMBER_BYTES = 8
# FFmpeg's names: a playlist, which names other files and addresses, is no video here.
FORMATS = "asf,avi,flv,matroska,mov,mpeg,mpegts,mpegvideo,ogg"
TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


class Part(NamedTuple):
    """Frames that follow each other.

    Attributes:
        frames: PNG files, upright.
        is_last: whether the video ends with them.
    """

    frames: list[bytes]
    is_last: bool


def part_request(number: int, video: bytes) -> bytes:
    """What `part` is asked: for the frames from a number on, of a video."""
    return number.to_bytes(NUMBER_BYTES, "big") + video


def part(request: bytes, rate: Fraction, max_pixels: int) -> Part:
    """At most `PART_FRAMES` frames of a video; frame `n` is what is shown at `n / rate` seconds.

    Args:
        request: see `part_request`.
        rate: frames a second.
        max_pixels: a video whose frames have more is refused.

    Raises:
        UndecodableImageError: it cannot be decoded, or has too many pixels.
    """
    number = int.from_bytes(request[:NUMBER_BYTES], "big")
    frames: list[bytes] = []
    shown: VideoFrame | None = None
    time = Fraction(0)
    try:
        for time, frame in _decoded(request[NUMBER_BYTES:], number / rate, max_pixels):
            while shown is not None and number / rate < time:
                frames.append(_png(shown))
                number += 1
                if len(frames) == PART_FRAMES:
                    return Part(frames, is_last=False)
            shown = frame
    except av.FFmpegError as error:
        raise UndecodableImageError(f"broken video: {error.strerror}") from None
    if shown is None and number == 0:
        raise UndecodableImageError("broken video: holds no pictures")
    if shown is not None and number / rate <= time:
        frames.append(_png(shown))
    return Part(frames, is_last=True)


def _decoded(
    video: bytes, start: Fraction, max_pixels: int
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Frames with their times in seconds; the first is shown at `start`, or earlier.

    Not every format finds the key frame before a time: then they are all frames.
    """
    for from_time in sorted({start, Fraction(0)}, reverse=True):
        with _opened(video) as container:
            frames = _from(container, from_time, max_pixels)
            first = next(frames, None)
            if first is not None and (from_time == 0 or (first[0] <= start and first[1].key_frame)):
                yield from chain([first], frames)
                return


def _opened(video: bytes) -> InputContainer:
    options = {"format_whitelist": FORMATS}
    return av.open(BytesIO(video), "r", metadata_errors="replace", container_options=options)


def _from(
    container: InputContainer, start: Fraction, max_pixels: int
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Frames with their times, from the key frame on that the format finds before a time."""
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream.time_base is None:
        raise UndecodableImageError("broken video: holds no pictures")
    check_pixels(stream.width, stream.height, max_pixels)
    stream.thread_type = "NONE"  # others hold a frame a core
    begin = stream.start_time or 0
    if start > 0:
        container.seek(begin + int(start / stream.time_base), stream=stream)
    for frame in container.decode(stream):
        check_pixels(frame.width, frame.height, max_pixels)
        if frame.pts is None or frame.time_base is None:
            raise UndecodableImageError("broken video: its frames have no times")
        yield frame.pts * frame.time_base - begin * stream.time_base, frame


def _png(frame: VideoFrame) -> bytes:
    """A frame as it is meant to be seen: cameras turn a video by a note in it."""
    picture = frame.to_image()
    turn = TURNS.get(round(frame.rotation) % 360)
    file = BytesIO()
    (picture if turn is None else picture.transpose(turn)).save(file, "PNG")
    return file.getvalue()
