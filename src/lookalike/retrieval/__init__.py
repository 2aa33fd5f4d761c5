"""Exact nearest neighbors and ranking metrics."""
