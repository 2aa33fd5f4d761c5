"""The Open Inference Protocol, version 2: what clients of KServe, Seldon and Triton speak."""
