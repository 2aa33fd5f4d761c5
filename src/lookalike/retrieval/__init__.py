"""Exact nearest neighbours, ranking metrics and pictures of queries."""
