"""Errors that people are meant to read. Each text is one line: what, where, and what to do."""


class LookalikeError(Exception):
    """A problem that the user can fix."""


class ConfigError(LookalikeError):
    """A parameter, an option or an address is wrong."""


class DataError(LookalikeError):
    """Images, labels or files that were written earlier are not what they should be."""


class QueryError(LookalikeError):
    """A search cannot be answered as it was asked; over HTTP it is status 422."""


class NotReadyError(LookalikeError):
    """Something has to run first, or to be pulled; over HTTP it is status 503."""
