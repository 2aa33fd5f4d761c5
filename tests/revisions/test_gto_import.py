"""GTO is imported without an effect on others."""

import subprocess
import sys

CODE = """
import io, logging
handler = logging.StreamHandler(io.StringIO())
closed = []
handler.close = lambda: closed.append(True)
logging.getLogger("ours").addHandler(handler)
from lookalike.revisions.gto_import import import_gto
print(bool(import_gto().api.register), closed, logging.getLogger("gto").handlers)
"""


def test_log_handlers_of_the_process_stay_open() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], text=True, capture_output=True, check=True)
    assert done.stdout == "True [] []\n"
