"""What Git, DVC and the model registry know of a project's revisions; none is checked out."""
