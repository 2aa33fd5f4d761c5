"""Servers on loopback for development and tests; no part of the library."""
