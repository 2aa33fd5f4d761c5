"""Search engines: each in a file, all behind one registry."""
