"""The folder for temporary files: many libraries ask for it, some when they are loaded."""

import tempfile

from lookalike.core.errors import ConfigError

NO_FOLDER = (
    "no folder for temporary files can be written, nor this one: set TMPDIR to one that can, on a "
    "disk with room"
)


def check_temporary_folder() -> None:
    """Raise ConfigError unless there is one: that of TMPDIR, /tmp, or the current folder."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        raise ConfigError(NO_FOLDER) from None
