"""The ingredients of a training, each in a file with the paper that it is from."""
