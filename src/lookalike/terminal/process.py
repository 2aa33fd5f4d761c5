"""Which of the processes of a stage this is: some run in several, on several hosts."""

import os


def is_first_process() -> bool:
    """Whether this is the process that speaks, locks and writes.

    True wherever there is no other; launchers (torchrun, Lightning Fabric) number the others.
    """
    return not any(int(os.environ.get(name) or 0) for name in ("RANK", "NODE_RANK", "LOCAL_RANK"))


def is_first_of_its_host() -> bool:
    """Whether this is the process that tells the user of its host why it ends."""
    return not int(os.environ.get("LOCAL_RANK") or 0)
