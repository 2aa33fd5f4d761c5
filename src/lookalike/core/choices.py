"""Choices that parameters, the command line and the library share."""

from typing import Literal

# Where the metadata of hits comes from
MetadataSource = Literal["bundle", "mongodb"]

# What computes embeddings, and in which numbers
Engine = Literal["torch", "onnxruntime", "openvino"]
Precision = Literal["fp32", "bf16", "int8"]

# What computes the embeddings of queries
RuntimeChoice = Literal["auto", "onnxruntime", "openvino", "torch"]

# Where ingest and embed compute: in processes of this machine, or on the machines of a Ray cluster
MachineEngine = Literal["local", "ray"]

# What a model can be exported as
ExportFormat = Literal["onnx", "torchscript", "torch-export"]

# The variable of the environment by which a stage's frame knows `base.reproducible`
MODE = "LOOKALIKE_REPRODUCIBLE"

Pooling = Literal["auto", "cls", "mean", "gem"]

# What `train.weights` says where they are the library's own, to be downloaded.
DOWNLOADED = ("pretrained", "imagenet")

# Pixels of a side of a network's input; no backbone is made for more, and a slip of a digit or two
# would take all memory.
LARGEST_INPUT = 4096
