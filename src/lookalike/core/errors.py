"""The one error that people are meant to read."""


class LookalikeError(Exception):
    """A problem that the user can mend. Its text is one line: what, where, and what to do."""
