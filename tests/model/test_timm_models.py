"""Backbones of timm by name."""

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from lookalike.model.artifact import Model
from lookalike.model.backbones import build_backbone, check_backbone
from lookalike.model.image_size import check_image_size
from lookalike.model.timm_models import timm_name
from lookalike.model.weights import read_weights
from lookalike.train.network import describe, starting_network
from lookalike.train.params import TrainParams

OneLineError = Callable[..., AbstractContextManager[None]]

timm = pytest.importorskip("timm")


@pytest.mark.parametrize(
    ("name", "channels", "size", "features"),
    [
        ("timm/mobilenetv3_small_050", 3, 64, 1024),
        ("timm/convnext_atto", 5, 32, 320),
        ("timm/vit_tiny_patch16_224", 1, 224, 192),
    ],
)
def test_a_model_of_timm_is_a_backbone(name: str, channels: int, size: int, features: int) -> None:
    backbone, said = build_backbone(name, channels)
    with torch.inference_mode():
        given = backbone.eval()(torch.zeros(2, channels, size, size))
    assert given.shape == (2, said) == (2, features)


def test_only_names_with_the_prefix_are_those_of_timm() -> None:
    assert timm_name("timm/resnet18") == "resnet18"
    assert timm_name("resnet18") is None


def test_an_unknown_model_is_answered_with_one_like_it(one_line_error: OneLineError) -> None:
    with one_line_error("train.backbone = 'timm/convnext_ato'", "timm/convnext_atto"):
        check_backbone("timm/convnext_ato")


@pytest.mark.parametrize("name", ["timm/resnet18.nonsense", "timm/.a1_in1k", "timm/resnet18."])
def test_a_tag_that_the_model_has_not_is_one_line(name: str, one_line_error: OneLineError) -> None:
    with one_line_error(f"train.backbone = {name!r}: there is no such backbone"):
        check_backbone(name)
    check_backbone("timm/resnet18.a1_in1k")


def test_without_the_package_the_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with one_line_error("timm", "pip install 'lookalike[timm]'"):
        check_backbone("timm/resnet18")


@pytest.mark.parametrize("size", [224, 336, 518])
def test_dinov2_takes_every_size_of_whole_patches(size: int) -> None:
    check_image_size("train.image_size", size, "timm/vit_small_patch14_reg4_dinov2.lvd142m")


@pytest.mark.parametrize(
    ("name", "size", "other"),
    [
        ("timm/vit_small_patch14_dinov2", 256, 252),
        ("timm/vit_tiny_patch16_224", 100, 96),
    ],
)
def test_a_size_that_the_model_cannot_take_is_one_line(
    name: str, size: int, other: int, one_line_error: OneLineError
) -> None:
    with one_line_error(f"train.image_size = {size}", name, f"it takes {other}"):
        check_image_size("train.image_size", size, name)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("vit_small_patch14_reg4_dinov2.lvd142m", 224),
        ("vit_small_patch16_dinov3.lvd1689m", 224),
        ("vit_tiny_patch16_224.augreg_in21k", 96),
        ("mobilenetv3_small_050.lamb_in1k", 64),
        pytest.param("vit_base_patch16_siglip_224.v2_webli", 256, marks=pytest.mark.full),
        pytest.param("vit_base_patch16_clip_224.laion2b", 336, marks=pytest.mark.full),
        pytest.param("vit_small_patch14_dinov2.lvd142m", 518, marks=pytest.mark.full),
    ],
)
def test_an_embedding_is_what_timm_gives_with_the_same_weights(
    name: str, size: int, tmp_path: Path
) -> None:
    weights = tmp_path / "weights.safetensors"
    published = timm.create_model(name, num_classes=0)
    if getattr(published, "pos_embed", None) is not None:
        torch.nn.init.normal_(published.pos_embed)
    save_file(published.state_dict(), weights)
    fixed = {"img_size": size} if name.startswith("vit") else {}
    source = {"file": str(weights)}
    theirs = timm.create_model(
        name, num_classes=0, pretrained=True, pretrained_cfg_overlay=source, **fixed
    ).eval()
    params = TrainParams(
        backbone=f"timm/{name}", weights=str(weights), epochs=0, image_size=size, resize="squash"
    )
    description = describe(params, "fp32", [])
    network, _ = starting_network(description, params, frozenset(), tmp_path)
    model = Model(description, network)

    images = torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8)
    settings = theirs.pretrained_cfg
    mean, std = (torch.tensor(settings[key]).view(3, 1, 1) for key in ("mean", "std"))
    with torch.inference_mode():
        wanted = theirs((images / 255 - mean) / std)
        assert torch.allclose(model.network(images).embeddings, wanted, atol=1e-5, rtol=1e-5)
        assert torch.allclose(model.fused(images).embeddings, wanted, atol=1e-4, rtol=1e-4)


# --- the hub ---------------------------------------------------------------------------------

HUB_MODEL = "mobilenetv3_small_050.lamb_in1k"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """What the Hugging Face hub says of one file of one repository at one commit."""

    content: bytes

    def do_HEAD(self) -> None:
        known = {
            f"/timm/{HUB_MODEL}/resolve/{revision}/model.safetensors"
            for revision in ("main", COMMIT)
        }
        self.send_response(200 if self.path in known else 404)
        self.send_header("ETag", f'"{hashlib.sha256(self.content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Tensor]]:
    """Weights, on a server of this machine that the hub's client takes for the hub."""
    weights = timm.create_model(HUB_MODEL).state_dict()
    handler = type("Handler", (Hub,), {"content": save(weights)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    yield weights
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("revision", [None, COMMIT])
def test_pretrained_weights_come_from_the_hub_with_their_license_and_revision(
    revision: str | None,
    published: dict[str, Tensor],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = read_weights("pretrained", f"timm/{HUB_MODEL}", None, tmp_path, revision)
    assert found.keys() == published.keys()
    assert all(torch.equal(found[name], published[name]) for name in found)
    said = capsys.readouterr().err
    assert f"timm/{HUB_MODEL}: the license is apache-2.0" in said
    assert (f"add  weights_revision: {COMMIT}" in said) == (revision is None)


def test_a_revision_that_the_hub_has_not_is_one_line(
    published: dict[str, Tensor], tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"timm/{HUB_MODEL} could not be downloaded", "weights: none"):
        read_weights("pretrained", f"timm/{HUB_MODEL}", None, tmp_path, "f" * 40)
