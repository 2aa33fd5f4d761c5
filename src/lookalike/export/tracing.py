"""How networks are traced, whatever becomes of them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def tracing() -> Iterator[None]:
    """Trace inside of this block: without gradients, and without warnings.

    They are of what tracing fixes, and what is traced is compared with the network afterwards.
    Attention keeps to its parts: in one piece, as torch computes it otherwise, ONNX does not know
    it.
    """
    in_one_piece = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(in_one_piece)
