"""Lookalike: a reproducible DVC pipeline for image similarity search."""
