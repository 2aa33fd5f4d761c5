"""The map of the test images as one interactive HTML page, thumbnails included."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from lookalike.evaluate.projection import METHODS, Method
from lookalike.evaluate.projection_figure import Point, class_colors
from lookalike.figures.content_policy import content_policy
from lookalike.figures.data_uri import data_uri
from lookalike.figures.html_page import write_html
from lookalike.images.store import ImageStore
from lookalike.terminal.printable import printable

TEMPLATE = Path(__file__).with_name("projection.html")
COLUMNS = 64
QUALITY = 70


def thumbnail_side(points: int) -> int:
    """Pixels: the fewer the larger, so that a page stays below about 5 MB."""
    return 96 if points <= 1000 else 48


def write_projection_page(
    path: Path, points: Sequence[Point], method: Method, images: ImageStore
) -> None:
    """Write a page to pan and zoom in, that shows the image under the pointer.

    Args:
        path: the file to write.
        points: at least one.
        method: how they were projected.
        images: the image store.
    """
    predictions = [point.prediction for point in points]
    labels = sorted(
        {a.label for a in predictions} | {a.predicted for a in predictions if a.predicted}
    )
    number_of = {label: number for number, label in enumerate(labels)}
    side = thumbnail_side(len(points))
    data = {
        "labels": list(map(printable, labels)),
        "colors": list(class_colors(labels).values()),
        "points": [
            [
                round(point.x, 4),
                round(point.y, 4),
                number_of[point.prediction.label],
                None if (said := point.prediction.predicted) is None else number_of[said],
                point.prediction.probability,
                printable(point.prediction.path),
            ]
            for point in points
        ],
        "side": side,
        "columns": COLUMNS,
        "thumbnails": _sheet([images.picture(prediction.row) for prediction in predictions], side),
    }
    policy = content_policy(TEMPLATE.read_text(encoding="utf-8"))
    title = f"The test images by embedding ({METHODS[method]})"
    write_html(path, TEMPLATE, policy, title=title, data=data)


def _sheet(images: Sequence[Image.Image], side: int) -> str:
    """All thumbnails in one WebP image, row by row, as a data URI."""
    sheet = Image.new("RGB", (COLUMNS * side, -(-len(images) // COLUMNS) * side), "white")
    for number, image in enumerate(images):
        row, column = divmod(number, COLUMNS)
        sheet.paste(ImageOps.fit(image, (side, side)), (column * side, row * side))
    buffer = BytesIO()
    sheet.save(buffer, "WEBP", quality=QUALITY)
    return data_uri(buffer.getvalue())
