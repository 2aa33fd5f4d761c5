"""Temperature scaling."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import cross_entropy

from lookalike.train.temperature import RANGE, fit_temperature


@st.composite
def validation(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Logits of some images and their classes; the logits know something of them, or nothing."""
    images, classes = draw(st.integers(2, 40)), draw(st.integers(2, 6))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    targets = torch.randint(classes, (images,), generator=generator)
    logits = torch.randn(images, classes, generator=generator)
    logits[torch.arange(images), targets] += draw(st.floats(0, 5))
    return logits * draw(st.floats(0.01, 100)), targets


@given(validation())
def test_the_images_are_no_less_likely_than_without_a_temperature(
    sides: tuple[Tensor, Tensor],
) -> None:
    logits, targets = sides
    temperature = fit_temperature(logits, targets)
    fitted = cross_entropy(logits.double() / temperature, targets)
    assert fitted <= cross_entropy(logits.double(), targets) + 1e-6


@given(validation())
def test_the_accuracy_stays_as_it_is(sides: tuple[Tensor, Tensor]) -> None:
    logits, targets = sides
    fitted = logits / fit_temperature(logits, targets)
    assert torch.equal(fitted.argmax(dim=1) == targets, logits.argmax(dim=1) == targets)


@given(validation())
def test_the_temperature_stays_within_its_range(sides: tuple[Tensor, Tensor]) -> None:
    assert RANGE[0] <= fit_temperature(*sides) <= RANGE[1]


def predictions(certainty: float) -> tuple[Tensor, Tensor]:
    """A hundred predictions between two classes, all equally certain, three of four right."""
    targets = torch.tensor([0, 0, 0, 1] * 25)
    return torch.tensor([[certainty, 0.0]] * 100), targets


def test_a_model_that_is_too_sure_of_itself_is_cooled_to_its_accuracy() -> None:
    logits, targets = predictions(certainty=5.0)
    temperature = fit_temperature(logits, targets)
    assert temperature > 1
    assert float((logits[0] / temperature).softmax(0)[0]) == pytest.approx(0.75, abs=1e-3)


def test_a_model_that_is_too_modest_is_encouraged() -> None:
    logits, targets = predictions(certainty=0.3)
    temperature = fit_temperature(logits, targets)
    assert temperature < 1
    assert float((logits[0] / temperature).softmax(0)[0]) == pytest.approx(0.75, abs=1e-3)


def test_a_model_that_is_always_right_stays_finite() -> None:
    assert fit_temperature(torch.eye(3), torch.arange(3)) == pytest.approx(RANGE[0], rel=0.01)
