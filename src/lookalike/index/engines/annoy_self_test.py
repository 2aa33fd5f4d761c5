"""Does the installed Annoy work? Built with the flags that its setup chooses, it may not.

`-march=native -ffast-math` finds one neighbor of many where clang compiles it
(github.com/spotify/annoy/issues/679), and dies of an illegal instruction on an older processor than
the one that it was compiled on (github.com/spotify/annoy/issues/472).
"""

import subprocess
import sys
from functools import cache

from lookalike.core.errors import NotReadyError

SELF_TEST = """
from annoy import AnnoyIndex

index = AnnoyIndex(8, "angular")
for row in range(10):
    index.add_item(row, [(row * column) % 11 - 5.0 for column in range(1, 9)])
index.build(10)
print(sorted(index.get_nns_by_vector([1.0] * 8, 10, 1000)))
"""
REMEDY = (
    "install it again with the flags that README (Installation) names: "
    "pip install --force-reinstall --no-deps --no-cache-dir --no-binary annoy annoy"
)


@cache
def check_annoy() -> None:
    """Raise NotReadyError unless Annoy finds ten neighbors among ten vectors.

    In a process of its own, which may die of a signal; once in the life of this one.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-c", SELF_TEST], capture_output=True, text=True, check=False
    )
    if done.returncode < 0:
        raise NotReadyError(f"annoy: dies of signal {-done.returncode}; {REMEDY}")
    if done.stdout.strip() != str(list(range(10))):
        raise NotReadyError(f"annoy: does not find ten neighbors among ten vectors; {REMEDY}")
