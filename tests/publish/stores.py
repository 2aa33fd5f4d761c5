"""Publishers in processes of their own, which may be killed."""

import subprocess
import sys
from pathlib import Path

# What another process does: `python -c PUBLISHER INDEX ADDRESS DIES`; it is killed where it says
PUBLISHER = """
import os, signal, sys
from lookalike.core.errors import LookalikeError
from lookalike.index.storage import open_index
from lookalike.publish import addresses, pointer, rows

index, address, dies = sys.argv[1:]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
whole = rows.all_rows
def all_rows(index):
    for number, table in enumerate(whole(index)):
        if dies == str(number):
            die()
        yield table
rows.all_rows, rows.ROWS_AT_ONCE = all_rows, 3
if dies == "pointer":
    pointer.Pointer.moved_to = die
try:
    done = addresses.store_at(address).publish(open_index(index), {}, 1, False)
except LookalikeError as error:
    sys.exit(str(error))
print(done.version)
"""


def publisher(index: Path, address: str, dies: str = "never") -> subprocess.Popen[str]:
    """Publish in a process of its own."""
    command = [sys.executable, "-c", PUBLISHER, str(index), address, dies]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
