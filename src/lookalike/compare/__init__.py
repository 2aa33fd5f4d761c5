"""What changed between two revisions, whether it is better, and whether it may land."""
