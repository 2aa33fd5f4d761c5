"""The name of an index version."""

import hashlib

from lookalike.core.json_file import to_json
from lookalike.index.index import Index


def version_of(index: Index) -> str:
    """16 hexadecimal digits over everything in `index.json`: a digest of vectors and metadata."""
    content = to_json(index.description.model_dump())
    return hashlib.sha256(content.encode()).hexdigest()[:16]
