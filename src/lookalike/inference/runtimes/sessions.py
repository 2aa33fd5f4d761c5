"""Sessions of ONNX Runtime."""

from pathlib import Path

import onnxruntime

from lookalike.core.errors import DataError, one_line
from lookalike.inference.exported import REMEDY


def open_session(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """Open an ONNX file.

    Args:
        path: the file.
        threads: compute threads; 0: as many as there are cores.

    Raises:
        DataError: ONNX Runtime cannot read the file.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Beyond this level, opening takes up to twice as long and computing no less
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_LAYOUT
    options.log_severity_level = 4  # its errors are raised as well
    # A thread that waits for work in a loop takes processor time from others
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no class in common
        reason = one_line(error)
        raise DataError(f"{path}: cannot be read ({reason}); {REMEDY}") from None
