"""The libraries whose versions can change a byte of an output."""

from importlib.metadata import PackageNotFoundError, version

# What is imported, and the distribution that it comes from
COMPUTING = {
    "PIL": "pillow",
    "annoy": "annoy",
    "av": "av",
    "dvclive": "dvclive",
    "faiss": "faiss-cpu",
    "matplotlib": "matplotlib",
    "nncf": "nncf",
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime",
    "open_clip": "open_clip_torch",
    "openvino": "openvino",
    "pyarrow": "pyarrow",
    "pytorch_metric_learning": "pytorch-metric-learning",
    "rasterio": "rasterio",
    "safetensors": "safetensors",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "timm": "timm",
    "torch": "torch",
    "torchvision": "torchvision",
    "umap": "umap-learn",
    "usearch": "usearch",
}


NONE = "not installed"


def installed_versions() -> dict[str, str]:
    """The version of each distribution in `COMPUTING`.

    Without the local part: `2.13.0+cpu` and `2.13.0` are the same release, built for other devices.
    """
    return {name: _version(name) for name in sorted(COMPUTING.values())}


def _version(distribution: str) -> str:
    try:
        return version(distribution).partition("+")[0]
    except PackageNotFoundError:  # an extra that this project does without
        return NONE
