"""Train again on what has come since, and propose the result where it is good enough."""
