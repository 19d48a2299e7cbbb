"""One way to open an ONNX graph: on the processor, with a stated number of threads."""

from __future__ import annotations

import onnxruntime


def open_session(model: bytes, *, threads: int) -> onnxruntime.InferenceSession:
    """A session over the serialized graph `model`, using `threads` threads per run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # CenterFace's graph warns about unused initializers
    # Spinning threads would starve the decoder that runs beside the detector on two cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
