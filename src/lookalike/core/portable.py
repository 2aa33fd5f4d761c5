"""The same bytes on every x86-64 processor with AVX2: `base.reproducible: portable`.

Numerical libraries choose their instructions by the processor, and with them the order of sums, the
polynomials of `exp` and the last bits of results. Each has a variable of the environment that fixes
the choice, which it reads when it is loaded. docs/reproducibility.md says what that promises.
"""

import os
import sys
from pathlib import Path

from lookalike.core.choices import MODE
from lookalike.core.errors import ConfigError
from lookalike.core.params import BaseParams, read_params
from lookalike.core.temporary_folder import check_temporary_folder

PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",  # torch's own kernels
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # torch's convolutions
    "MKL_CBWR": "COMPATIBLE",  # torch's matrix products: the only branch that AMD's have too
    "MKL_DYNAMIC": "FALSE",  # as many threads as asked for, also where there are fewer cores
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",  # matrix products of NumPy and SciPy
    "OPENBLAS_NUM_THREADS": "1",  # by itself, as many as there are cores
}
# How often a thread that waits for another looks, before it sleeps: of GNU's OpenMP. It changes no
# byte. By itself that is as rarely wherever there are more threads than cores; but it does not see
# the processes that load images, which have the cores that its threads then wait on.
PATIENCE = {"GOMP_SPINCOUNT": "1000"}
READERS = {"numpy", "scipy", "torch"}


def fix_environment() -> None:
    """Set what `base.reproducible` asks for, and how threads wait.

    A stage calls it before it imports what computes.

    Exits with one line where `params.yaml` cannot be read, or where there is no folder for
    temporary files, which torch asks for when it is loaded.

    Raises:
        RuntimeError: a library was loaded before, which would not see it.
    """
    if loaded := sorted(READERS & sys.modules.keys()):
        raise RuntimeError(f"fix_environment() comes too late: {', '.join(loaded)} is loaded")
    try:
        check_temporary_folder()
        base = read_params(BaseParams, "reproducible")
    except ConfigError as error:
        sys.exit(f"{Path(sys.argv[0]).stem}: {error}")
    os.environ[MODE] = base.reproducible
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    if base.reproducible == "portable":
        os.environ.update(PORTABLE)


def dispatch() -> dict[str, str | None]:
    """What this process's environment says about instructions: other values, other last bits."""
    return {name: os.environ.get(name) for name in PORTABLE}
