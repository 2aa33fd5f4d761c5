"""`python -m lookalike.record`: the project in the current folder, mirrored to MLflow."""

import sys
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.record.mlflow_run import mirror
from lookalike.terminal.error_text import error_text
from lookalike.terminal.output import print_line

if __name__ == "__main__":
    try:
        print_line(mirror(Layout(Path())))
    except LookalikeError as error:
        sys.exit(f"lookalike: {error_text(error)}")
