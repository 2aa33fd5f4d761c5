"""The network: normalized pixels, backbone, embedding, classifier."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lookalike.model.network import EmbeddingNetwork, normalize
from lookalike.model.vision import v2

IMAGES = torch.randint(0, 256, (2, 3, 32, 32), generator=torch.Generator().manual_seed(0)).byte()


def network(embedding_dim: int | None, classes: int) -> EmbeddingNetwork:
    return EmbeddingNetwork("mobilenet_v3_small", embedding_dim, classes).eval()


@torch.inference_mode()
def test_with_heads_there_are_embeddings_and_a_score_for_each_class() -> None:
    tested = network(embedding_dim=7, classes=4)
    embeddings, logits = tested(IMAGES)
    assert embeddings.shape == (2, tested.dimension) == (2, 7)
    assert logits.shape == (2, 4)


@torch.inference_mode()
def test_without_heads_the_embedding_is_the_backbones_own_features() -> None:
    tested = network(embedding_dim=None, classes=0)
    embeddings, logits = tested(IMAGES)
    assert embeddings.shape == (2, tested.dimension) == (2, 1024)
    assert logits is None


@torch.inference_mode()
def test_the_classifier_sees_nothing_but_the_embedding() -> None:
    tested = network(embedding_dim=7, classes=4)
    assert tested.classifier is not None
    embeddings, logits = tested(IMAGES)
    assert torch.equal(logits, tested.classifier(embeddings))


@torch.inference_mode()
def test_the_backbone_sees_8_bit_pixels_scaled_to_1_and_normalized() -> None:
    tested = network(embedding_dim=None, classes=0)
    tested.backbone = nn.Identity()
    tested.mean += 0.5
    tested.std *= 0.25
    expected = v2.functional.normalize(IMAGES / 255, [0.5] * 3, [0.25] * 3)
    assert torch.allclose(tested(IMAGES).embeddings, expected, atol=1e-5)


@torch.inference_mode()
def test_the_backbone_sees_bands_normalized_in_their_own_units() -> None:
    tested = EmbeddingNetwork("cnn:4", None, 0, channels=5).eval()
    tested.backbone = nn.Identity()
    tested.mean += 1000
    tested.std *= 200
    bands = torch.full((2, 5, 16, 16), 1300.0)
    assert torch.allclose(tested(bands).embeddings, torch.tensor(1.5))


@torch.inference_mode()
def test_images_may_have_any_number_of_channels() -> None:
    tested = EmbeddingNetwork("mobilenet_v3_small", 7, 4, channels=13).eval()
    assert tested(torch.zeros(2, 13, 32, 32)).embeddings.shape == (2, 7)


def test_the_weights_are_those_of_its_three_parts_alone() -> None:
    parts = {name.partition(".")[0] for name in network(7, 4).state_dict()}
    assert parts == {"backbone", "embedding", "classifier"}


@given(st.lists(st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3), min_size=1))
def test_normalized_rows_have_length_one_and_their_direction(rows: list[list[float]]) -> None:
    vectors = torch.tensor(rows)
    lengths = vectors.norm(dim=1)
    kept = lengths > 1e-3
    unit = normalize(vectors)
    assert torch.allclose(unit[kept].norm(dim=1), torch.ones(int(kept.sum())), atol=1e-5)
    assert torch.allclose(unit[kept] * lengths[kept, None], vectors[kept], rtol=1e-4, atol=1e-2)


def test_a_row_of_zeros_stays_a_row_of_zeros() -> None:
    assert torch.equal(normalize(torch.zeros(1, 3)), torch.zeros(1, 3))
