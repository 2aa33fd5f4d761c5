"""Videos, made by FFmpeg's encoders."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np

WIDTH, HEIGHT = 64, 48


def clip(grays: Sequence[int], rate: int = 10, form: str = "mp4") -> bytes:
    """A video of one gray a frame, its left half darker by 16 levels; a key frame every twelfth."""
    import av

    file = BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = 10**7
        for gray in grays:
            pixels = np.full((HEIGHT, WIDTH, 3), gray, np.uint8)
            pixels[:, : WIDTH // 2] -= 16
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()
