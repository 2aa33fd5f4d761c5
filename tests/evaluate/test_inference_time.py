"""How long the model takes for an image."""

from pathlib import Path

from lookalike.evaluate.inference_time import inference_time
from lookalike.images.store import ImageStore
from lookalike.model.artifact import load_model


def test_a_batch_of_the_first_images_is_timed(tiny_model: Path, tiny_images: ImageStore) -> None:
    model = load_model(tiny_model)
    found = inference_time(model, tiny_images, list(range(20)), batch_size=8)
    assert found["batch_size"] == 8
    assert 0 < found["inference_ms_per_image"] < 1000
    assert 0 < found["decoding_ms_per_image"] < 1000
    assert inference_time(model, tiny_images, [3, 5], batch_size=8)["batch_size"] == 2
