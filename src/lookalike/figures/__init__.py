"""Drawing: images in rows, charts."""
