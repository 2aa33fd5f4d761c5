"""Encoded images for a device that decodes them, others decoded."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import Sample
from lookalike.images.encoded_dataset import DECODED, EncodedDataset, packed, unpacked
from lookalike.images.loading import load_batches
from lookalike.images.pixels import Pixels
from lookalike.images.store import ImageStore


def size_of(image: Pixels) -> Tensor:
    return torch.tensor(image.size).remainder(256).byte()


def test_plain_jpegs_are_given_as_they_came_and_others_transformed(
    photo_images: ImageStore,
) -> None:
    dataset = EncodedDataset(photo_images, range(len(photo_images)), size_of)
    paths = photo_images.metadata["path"].to_pylist()
    for row, path in enumerate(paths):
        data, orientation = dataset[(0, row)]
        if path.endswith(".jpg") and "gray" not in path:
            assert orientation == 1
            assert data.numpy().tobytes() == photo_images.encoded(row)
        else:
            assert orientation == DECODED
            assert data.tolist() == size_of(photo_images.picture(row)).tolist()


samples = st.lists(
    st.tuples(
        st.binary(min_size=1, max_size=9).map(lambda data: torch.tensor(list(data)).byte()),
        st.integers(0, 8),
    ),
    min_size=1,
    max_size=5,
)


@given(samples=samples)
def test_a_batch_is_unpacked_to_what_was_packed(samples: list[Sample]) -> None:
    data, index = packed(samples)
    assert (data.dtype, index.shape) == (torch.uint8, (len(samples), 2))
    found = unpacked((data, index))
    assert [(one.tolist(), number) for one, number in found] == [
        (one.tolist(), number) for one, number in samples
    ]


def test_worker_processes_pack_the_same_batches(photo_images: ImageStore) -> None:
    dataset = EncodedDataset(photo_images, range(5), size_of)
    here, there = (
        list(load_batches(dataset, SequentialBatches(5, 2), workers, packed)) for workers in (0, 2)
    )
    assert [len(index) for _, index in here] == [2, 2, 1]
    for (data, index), (other, other_index) in zip(here, there, strict=True):
        assert torch.equal(data, other)
        assert torch.equal(index, other_index)
