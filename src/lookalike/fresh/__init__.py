"""Images added to an index, and taken out of it, before the pipeline runs again."""
