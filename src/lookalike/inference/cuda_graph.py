"""A CUDA graph: what a GPU computes of tensors of one shape, launched at once.

A network is hundreds of kernels, each of which takes the processor some microseconds to launch: for
a small network longer than the GPU takes to run it. The kernels are the same, and so are the bytes.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from lookalike.core.errors import one_line
from lookalike.terminal.progress import say

Function = Callable[[Tensor], Tensor]
WARM_UP = 3  # calls before the capture, in which libraries choose their algorithms


def graphed(function: Function, example: Tensor) -> Function:
    """The same function as a graph; itself, saying so, where a GPU cannot capture it.

    Args:
        function: computes on the device of its images, and waits for nothing.
        example: images of the shape of all that will come, on the GPU.

    Returns:
        What is to be called on one stream. A result is overwritten by the next one: what reads it
        is put on that stream before.
    """
    try:
        return _captured(function, example)
    except RuntimeError as error:
        reason = one_line(error, None)
        say(f"the GPU computes without a CUDA graph, which takes a little longer: {reason}")
        return function


def _captured(function: Function, example: Tensor) -> Function:
    """As https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs describes it."""
    aside = torch.cuda.Stream()
    computing = torch.cuda.current_stream()
    images = example.clone(memory_format=torch.channels_last)
    aside.wait_stream(computing)
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            function(images)
    computing.wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    # Other threads pin memory meanwhile, which a capture in the mode `global` forbids them. The
    # first of the two contexts puts the stream back, which the other does not where it fails.
    mode = "thread_local"
    with torch.cuda.stream(computing), torch.cuda.graph(graph, capture_error_mode=mode):
        result = function(images)

    def replay(batch: Tensor) -> Tensor:
        images.copy_(batch)
        graph.replay()
        return result

    return replay
