"""What can compute the outputs of a model: torch, or an export without it."""
