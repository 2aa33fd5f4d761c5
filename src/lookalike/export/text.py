"""The text tower as an ONNX graph, compared with the network."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from lookalike.export.parity import TOLERANCE
from lookalike.export.tracing import tracing
from lookalike.inference.exported import EMBEDDING, TOKENS
from lookalike.inference.runtimes.sessions import open_session
from lookalike.model.open_clip_models import tokenize

FILE = "text.onnx"
SENTENCES = (
    "a red chair",
    "two dogs on a beach",
    "the front of a brick house with three windows, and a bicycle beside its door",
)


def write_text_graph(tower: nn.Module, length: int, path: Path) -> None:
    """Write the text tower, for any number of texts.

    Args:
        tower: from tokens `[n, length]` to embeddings, in fp32.
        length: how many tokens it reads.
        path: the file.

    Raises:
        ValueError: the graph computes something else. The tracer raises whatever it meets.
    """
    tokens = torch.from_numpy(tokenize(SENTENCES, length))
    with tracing():
        torch.onnx.export(
            tower,
            (tokens,),
            path,
            input_names=[TOKENS],
            output_names=[EMBEDDING],
            dynamic_axes={name: {0: "batch"} for name in (TOKENS, EMBEDDING)},
            dynamo=False,
        )
        session = open_session(path, torch.get_num_threads())
        for batch in (tokens, tokens[:1]):
            wanted = nn.functional.normalize(tower(batch), dim=1).numpy()
            (found,) = session.run(None, {TOKENS: batch.numpy()})
            unit = found / np.linalg.norm(found, axis=1, keepdims=True)
            if not (difference := np.abs(unit - wanted).max()) <= TOLERANCE:
                raise ValueError(f"embeddings of text differ by up to {difference:.1e}")
