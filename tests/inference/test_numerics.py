"""Which embeddings may be compared with each other."""

import pytest

from lookalike.core.choices import Engine, Precision
from lookalike.inference.numerics import Numerics

Pair = tuple[Engine, Precision]


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (("torch", "fp32"), ("onnxruntime", "fp32"), True),
        (("openvino", "fp32"), ("torch", "fp32"), True),
        (("openvino", "int8"), ("openvino", "int8"), True),
        (("openvino", "int8"), ("onnxruntime", "int8"), False),
        (("openvino", "bf16"), ("torch", "bf16"), False),
        (("openvino", "bf16"), ("openvino", "fp32"), False),
    ],
)
def test_engines_agree_in_fp32_and_each_with_itself(one: Pair, other: Pair, agree: bool) -> None:
    pair = [Numerics(engine=engine, precision=precision) for engine, precision in (one, other)]
    assert pair[0].agrees_with(pair[1]) is agree
    assert pair[1].agrees_with(pair[0]) is agree
