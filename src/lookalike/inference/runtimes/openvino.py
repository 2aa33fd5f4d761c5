"""An exported model, computed by OpenVINO."""

from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np
import openvino

from lookalike.core.choices import Precision
from lookalike.core.errors import ConfigError, DataError, one_line
from lookalike.inference.exported import IMAGES, REMEDY, ExportDescription
from lookalike.inference.runtimes.exported_runtime import ExportedRuntime
from lookalike.inference.runtimes.runtime import Outputs

DEVICE = "CPU"
# By itself it would compute in bf16 wherever the processor can. What int8 leaves is in fp32.
HINTS: dict[Precision, str] = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


@cache
def openvino_core() -> openvino.Core:
    """One for the process, and never dropped.

    On processors with AMX it gives the thread that makes it a larger stack for signal handlers. It
    frees that stack when it is dropped, also by another thread, such as one that has replaced a
    model: the next signal would then end the process.
    """
    return openvino.Core()


class OpenVinoRuntime(ExportedRuntime):
    """Computes with an ONNX file.

    Args:
        path: the file.
        export: its description.
        precision: in which numbers; int8 needs a quantized file.
        threads: compute threads; 0: as many as there are cores.

    Raises:
        ConfigError: the processor has no instructions for bf16, and would compute in fp32.
        DataError: OpenVINO cannot read the file.
    """

    def __init__(
        self, path: Path, export: ExportDescription, precision: Precision, threads: int = 0
    ) -> None:
        super().__init__(path.parent, export, threads)
        check_precision(precision)
        settings = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            # Else threads keep to cores that may be busy with others' work
            "ENABLE_CPU_PINNING": False,
        }
        try:
            compiled = openvino_core().compile_model(path, DEVICE, settings)
        except RuntimeError as error:
            reason = one_line(error)
            raise DataError(f"{path}: cannot be read ({reason}); {REMEDY}") from None
        self._request = compiled.create_infer_request()
        self._one_at_a_time = Lock()  # a request is not for several threads at once

    def run(self, images: np.ndarray) -> Outputs:
        with self._one_at_a_time:
            found = self._request.infer({IMAGES: np.ascontiguousarray(images)}, share_inputs=True)
        embeddings, *logits = found.to_tuple()
        return Outputs(embeddings, logits[0] if logits else None)


def check_precision(precision: Precision) -> None:
    """Raise ConfigError where the processor cannot compute in a precision."""
    able = openvino_core().get_property(DEVICE, "OPTIMIZATION_CAPABILITIES")
    if precision == "bf16" and "BF16" not in able:
        raise ConfigError(
            "base.inference.precision: bf16: this processor has no instructions for it; choose "
            "fp32 or int8"
        )
