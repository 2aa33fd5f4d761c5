"""Which of the processes of a stage this is: training may run in several, on several hosts."""

import os


def is_first_process() -> bool:
    """Whether this is the process that speaks, locks and writes.

    True wherever there is no other; launchers (torchrun, Lightning Fabric) number the others.
    """
    return not any(int(os.environ.get(name) or 0) for name in ("RANK", "NODE_RANK", "LOCAL_RANK"))
