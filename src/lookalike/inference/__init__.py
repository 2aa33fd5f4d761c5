"""Embeddings of images, many at once, each computed once."""
