"""Forward passes, begun one after the other: what `forward` says, on any device."""

import pytest
import torch
from torch import Tensor

from lookalike.images.store import ImageStore
from lookalike.inference.batched import BatchedOutputs
from lookalike.inference.copy_stream import copied_ahead
from lookalike.inference.cuda_graph import graphed
from lookalike.inference.forward import forward
from lookalike.inference.overlapped import overlapped
from lookalike.inference.passes import PlainPasses, passes_of
from lookalike.model.artifact import Model

BATCH = 4

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")
without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without GPU")


@pytest.fixture
def batches(model: Model) -> list[Tensor]:
    """Random images, in batches."""
    crop = model.description.image_size.crop
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randint(256, (BATCH, 3, crop, crop), dtype=torch.uint8, generator=generator)
        for _ in range(5)
    ]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_they_say_what_one_forward_pass_after_the_other_says(
    model: Model, batches: list[Tensor], precision: str
) -> None:
    model = model.in_precision("bf16" if precision == "bf16" else "fp32")
    passes = passes_of(model)
    found = list(overlapped(batches, passes.begin, passes.ahead))
    for images, vectors in zip(batches, found, strict=True):
        embeddings, logits = forward(model, images)
        assert logits is not None
        assert torch.equal(vectors, torch.cat([embeddings, logits], dim=1))
        assert (vectors.dtype, vectors.device.type) == (torch.float32, "cpu")


@without_gpu
def test_a_processor_does_one_batch_after_the_other(model: Model) -> None:
    passes = passes_of(model)
    assert isinstance(passes, PlainPasses)
    assert passes.ahead == 0


def test_a_processor_trains_on_the_batches_themselves() -> None:
    batches = [(torch.zeros(2, 3), torch.zeros(2))]
    assert copied_ahead(batches, torch.device("cpu")) is batches


@without_gpu
def test_where_there_is_no_graph_the_function_is_called_and_said_once_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    function = graphed(lambda images: images + 1, torch.zeros(1, 3, 2, 2))
    for _ in range(2):
        assert function(torch.zeros(1, 3, 2, 2)).sum() == 12
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("the GPU computes without a CUDA graph, which takes a little longer: ")


def test_the_rounds_of_several_calls_share_the_passes(
    model: Model, tiny_images: ImageStore
) -> None:
    outputs = BatchedOutputs(model, BATCH)
    whole = [part for parts in outputs.compute(tiny_images, range(10)) for part in parts]
    again = [part for parts in outputs.compute(tiny_images, range(10)) for part in parts]
    assert [part.shape for part in whole] == [(4, whole[0].shape[1])] * 2 + [(2, len(whole[0][0]))]
    assert all((one == other).all() for one, other in zip(whole, again, strict=True))


@needs_gpu
def test_a_graph_on_a_gpu_computes_what_the_function_does(model: Model) -> None:
    def function(images: Tensor) -> Tensor:
        return images.float().mean(dim=(2, 3)) * 2

    batches = torch.randint(256, (3, BATCH, 3, 8, 8), dtype=torch.uint8).cuda()
    replay = graphed(function, batches[0])
    assert replay is not function
    for images in batches:
        assert torch.equal(replay(images), function(images))


@needs_gpu
def test_what_a_gpu_cannot_capture_is_computed_without_a_graph() -> None:
    def waiting(images: Tensor) -> Tensor:
        return images * images.sum().item()

    images = torch.ones(1, 3, 2, 2).cuda()
    stream = torch.cuda.current_stream()
    assert graphed(waiting, images) is waiting
    assert torch.cuda.current_stream() == stream
    assert waiting(images).sum().item() == 144


@needs_gpu
def test_copies_to_a_gpu_are_those_of_the_batches() -> None:
    batches = [
        (torch.full((2, 3, 64, 64), n, dtype=torch.uint8).pin_memory(), torch.tensor([n, n]))
        for n in range(6)
    ]
    for n, (images, targets) in enumerate(copied_ahead(batches, torch.device("cuda", 0))):
        assert images.is_cuda
        assert (images == n).all()
        assert targets.tolist() == [n, n]
