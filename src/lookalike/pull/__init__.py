"""What a search needs, from DVC's remote, where there is neither DVC nor Git."""
