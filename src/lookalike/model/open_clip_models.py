"""Models of image and text by name: `open_clip/ViT-B-32`; they need the extra `[text]`.

Both towers give vectors of one space (Radford et al., "Learning Transferable Visual Models From
Natural Language Supervision", 2021; Ilharco et al., "OpenCLIP", 2021,
github.com/mlfoundations/open_clip).
"""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import numpy as np
from torch import Tensor, nn

from lookalike.core.errors import LookalikeError, QueryError
from lookalike.core.extras import extra

PREFIX = "open_clip/"
IMAGE, TEXT = "visual.", "text."  # what the names of the towers' weights begin with


def open_clip_name(backbone: str) -> str | None:
    """The model's name within open_clip; None for a backbone of another library."""
    return backbone.removeprefix(PREFIX) if backbone.startswith(PREFIX) else None


def check_open_clip(name: str) -> None:
    """Check that open_clip has such a model: two towers, and a tokenizer of its own.

    Raises:
        LookalikeError: it has none, or open_clip is not installed.
    """
    known = sorted(_open_clip().list_models())
    if name not in known:
        close = get_close_matches(name, known) or ["ViT-B-32"]
        raise LookalikeError(
            f"train.backbone = {PREFIX + name!r}: there is no such backbone; there are "
            f"{', '.join(PREFIX + other for other in close)} and the other models of open_clip"
        )
    config = _config(name)
    others = {"hf_model_name", "hf_tokenizer_name"} & config["text_cfg"].keys()
    if others or "multimodal_cfg" in config:
        raise LookalikeError(
            f"train.backbone = {PREFIX + name!r}: needs a tokenizer or a decoder of another "
            f"library; use a model with open_clip's own, such as {PREFIX}ViT-B-32 or "
            f"{PREFIX}MobileCLIP2-S0"
        )


def build_image_tower(name: str) -> tuple[nn.Module, int]:
    """Build the image tower, with random weights, and the size of its embeddings."""
    from open_clip.model import _build_vision_tower

    config = _config(name)
    size: int = config["embed_dim"]
    quick_gelu = config.get("quick_gelu", False)
    return _build_vision_tower(size, config["vision_cfg"], quick_gelu), size


def build_text_tower(name: str) -> nn.Module:
    """Build the text tower, with random weights: from tokens `[n, length]` to `[n, d]`."""
    from open_clip.model import _build_text_tower

    config = _config(name)
    quick_gelu = config.get("quick_gelu", False)
    tower: nn.Module = _build_text_tower(config["embed_dim"], config["text_cfg"], quick_gelu)
    return tower


def context_length(name: str) -> int:
    """How many tokens the text tower reads."""
    length: int = _config(name)["text_cfg"].get("context_length", 77)
    return length


def open_clip_settings(name: str) -> dict[str, Any]:
    """How images are prepared for the pretrained weights of that name: mean, std, interpolation."""
    open_clip = _open_clip()
    tags = open_clip.list_pretrained_tags_by_model(name)
    settings: dict[str, Any] = {
        "mean": open_clip.OPENAI_DATASET_MEAN,
        "std": open_clip.OPENAI_DATASET_STD,
        "interpolation": "bicubic",
        **(open_clip.get_pretrained_cfg(name, tags[0]) if tags else {}),
    }
    return settings


def towers_of(weights: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights of the image tower and of the text tower, from those of a whole model."""
    _open_clip()
    from open_clip.model import convert_to_custom_text_state_dict

    whole = convert_to_custom_text_state_dict(weights)
    images, text = (
        {name.removeprefix(tower): it for name, it in whole.items() if name.startswith(tower)}
        for tower in (IMAGE, TEXT)
    )
    return images, text


def tokenize(texts: Sequence[str], length: int) -> np.ndarray:
    """Tokens `[n, length]`, int64, by open_clip's own tokenizer.

    Raises:
        QueryError: a text is empty, or has more tokens than the model reads.
        LookalikeError: open_clip is not installed.
    """
    tokenizer = _tokenizer()
    for text in texts:
        if not text.strip():
            raise QueryError("a text to search for should not be empty")
        tokens = len(tokenizer.encode(text)) + 2  # its start and its end
        if tokens > length:
            raise QueryError(
                f"{text[:40]!r}…: has {tokens} tokens, but the model reads {length}; say it shorter"
            )
    tokenized: np.ndarray = tokenizer(list(texts), context_length=length).numpy()
    return tokenized


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    return _open_clip().SimpleTokenizer()


def _config(name: str) -> dict[str, Any]:
    config: dict[str, Any] = _open_clip().get_model_config(name)
    return config


def _open_clip() -> Any:
    import lookalike.model.vision  # noqa: F401  torchvision first, which open_clip imports

    with extra("text"):
        import open_clip
    return open_clip
