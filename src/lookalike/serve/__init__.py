"""The HTTP service: `lookalike serve`."""
