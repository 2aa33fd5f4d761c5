"""Search results as one HTML page that needs nothing but itself, and runs no script."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from string import Template

from PIL import Image

from lookalike.core.files import atomic_file
from lookalike.figures.data_uri import data_uri
from lookalike.search.results import Hit, Prediction, SearchResult
from lookalike.terminal.printable import printable

TEMPLATE = Path(__file__).with_name("page.html")
STYLE = Path(__file__).with_name("page.css")
SHOWN_PREDICTION = 0.0005  # less would read 0.0%
QUERY_QUALITY = 85


def section(result: SearchResult) -> str:
    """One result: what was searched for, what it is taken for, and the hits."""
    examples = "".join(
        f'<img class="query" alt="searched for" src="{_webp(example)}">'
        for example in result.examples
    )
    predictions = "".join(map(_prediction, result.predictions))
    hits = "".join(_hit(result, hit) for hit in result.hits)
    return (
        f"<section><header>{examples}<div><h2>{_text(result.query)}</h2>"
        f"{f'<ul>{predictions}</ul>' if predictions else ''}</div></header>"
        f"{f'<ol>{hits}</ol>' if hits else '<p>Nothing is like it.</p>'}</section>"
    )


def write_page(sections: Sequence[str], path: Path) -> None:
    """Write a page of `section`s; whole or not at all.

    Its Content-Security-Policy allows pictures inside of it and its own style, and nothing else.
    """
    style = STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title="1 query" if len(sections) == 1 else f"{len(sections)} queries",
        style=style,
        style_sha256=digest,
        sections="\n".join(sections),
    )
    with atomic_file(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _prediction(prediction: Prediction) -> str:
    if prediction.probability < SHOWN_PREDICTION:
        return ""
    share = prediction.probability
    return (
        f'<li><span>{_text(prediction.label)}</span><meter value="{share}">{share:.1%}</meter>'
        f"<b>{share:.1%}</b></li>"
    )


def _hit(result: SearchResult, hit: Hit) -> str:
    picture = '<span class="none"></span>'
    if (thumbnail := result.thumbnail(hit)) is not None:
        alt = _text(hit.label or hit.path)
        picture = f'<img loading="lazy" alt="{alt}" src="{data_uri(thumbnail)}">'
    label = "" if hit.label is None else f"<span>{_text(hit.label)}</span>"
    return (
        f'<li>{picture}<p><b>{hit.similarity:.4f}</b>{label}<small title="{_text(hit.path)}">'
        f"<bdi>{_text(hit.path)}</bdi></small></p></li>"
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _webp(image: Image.Image) -> str:
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=QUERY_QUALITY)
    return data_uri(buffer.getvalue())
