"""The device that computes decodes JPEGs: nearly the embeddings of those that Pillow decodes."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from tests.inference.test_passes import needs_gpu

from lookalike.images.batches import SequentialBatches
from lookalike.images.encoded_dataset import EncodedDataset, packed
from lookalike.images.inspect import inspect
from lookalike.images.loading import load_batches
from lookalike.images.plain_jpeg import decode_plain
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore
from lookalike.images.tiff_directory import ORIENTATION
from lookalike.inference.device_decoder import DeviceDecoder
from lookalike.inference.embedder import Embedder
from lookalike.inference.engine_model import InferenceModel, inference_of
from lookalike.inference.pixels import load_pixels
from lookalike.model.artifact import Model, build_network
from lookalike.model.compute import accelerator
from lookalike.model.description import ModelDescription
from lookalike.model.network import normalize
from lookalike.model.preprocessing import ImageSize
from lookalike.model.transforms import evaluation_transform
from lookalike.model.weights import load_backbone, read_weights

Encode = Callable[..., bytes]
Store = Callable[[dict[str, bytes]], ImageStore]

SIZE = ImageSize(resize=48, crop=40)
PHOTO = Image.fromarray(load_sample_image("china.jpg")).resize((90, 61))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An image store of encoded images."""

    def write(files: dict[str, bytes]) -> ImageStore:
        rows = (
            {
                **inspect(data, 10**6)._asdict(),
                "path": path,
                "label": None,
                "source": path,
                "source_split": None,
                "image": data,
            }
            for path, data in sorted(files.items())
        )
        write_shards(rows, tmp_path / "images")
        return ImageStore(tmp_path / "images")

    return write


def decoding_itself(model: Model) -> Model:
    """The same model, whose device decodes."""
    inference = inference_of(model).model_copy(update={"decode": "device"})
    return InferenceModel(model, inference)


@pytest.fixture(scope="session")
def mobilenet(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The backbone's own features, learned from ImageNet."""
    size = ImageSize(resize=256, crop=224)
    description = ModelDescription(
        backbone="mobilenet_v2", embedding_dim=None, classes=[], image_size=size, precision="fp32"
    )
    network = build_network(description)
    file = str(shared / "weights" / "mobilenet_v2-imagenet.safetensors")
    cache = tmp_path_factory.mktemp("cache")
    load_backbone(network.backbone, read_weights(file, "mobilenet_v2", None, cache), file)
    return Model(description, network)


def check_alike(model: Model, images: ImageStore) -> None:
    before = normalize(Embedder(model, 8).outputs(images).embeddings)
    after = normalize(Embedder(decoding_itself(model), 8).outputs(images).embeddings)
    assert (before * after).sum(dim=1).min() >= 0.999
    others = before @ before.T - 2 * torch.eye(len(before))
    assert others.max() < 0.999  # unlike images are told apart


def test_photographs_have_nearly_the_same_embeddings(
    mobilenet: Model, photo_images: ImageStore
) -> None:
    check_alike(mobilenet, photo_images)


@pytest.mark.full
def test_images_of_caltech_have_nearly_the_same_embeddings(
    mobilenet: Model, shared: Path, store: Store
) -> None:
    folders = sorted(path for path in (shared / "data" / "caltech101").iterdir() if path.is_dir())
    files = [min(folder.iterdir()) for folder in folders[::3]]
    check_alike(mobilenet, store({f"{n:03}.jpg": f.read_bytes() for n, f in enumerate(files)}))


def test_any_image_is_where_pillow_puts_it(encoded: Encode, store: Store) -> None:
    files = {}
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        files[f"turned/{orientation}.jpg"] = encoded(PHOTO, "JPEG", exif=exif)
    files |= {
        "other/cmyk.jpg": encoded(PHOTO.convert("CMYK"), "JPEG"),
        "other/gray.jpg": encoded(PHOTO.convert("L"), "JPEG"),
        "other/lossless.png": encoded(PHOTO, "PNG"),
        "other/small.jpg": encoded(PHOTO.resize((9, 13)), "JPEG"),
    }
    images = store(files)
    dataset = EncodedDataset(images, range(len(images)), evaluation_transform(SIZE))
    (batch,) = load_batches(dataset, SequentialBatches(len(images), 32), 0, packed)
    found = DeviceDecoder(SIZE, accelerator()).pixels(batch).cpu()
    assert (found.dtype, found.shape) == (torch.uint8, (12, 3, 40, 40))
    most = 40 if torch.cuda.is_available() else 2  # nvJPEG spreads colors in another way
    for row, path in enumerate(images.metadata["path"].to_pylist()):
        expected = evaluation_transform(SIZE)(images.picture(row))
        differences = (found[row].int() - expected.int()).abs()
        assert differences.max() <= (most if path.startswith("turned") else 2)


def test_an_images_pixels_do_not_depend_on_its_batch(
    model: Model, photo_images: ImageStore
) -> None:
    rows, model = range(len(photo_images)), decoding_itself(model)
    count = len(rows)
    one_by_one = list(load_pixels(model, photo_images, rows, SequentialBatches(count, 1)))
    (together,) = load_pixels(model, photo_images, rows, SequentialBatches(count, count))
    assert torch.equal(torch.cat(one_by_one), together)


def test_the_number_of_workers_changes_no_bit(model: Model, photo_images: ImageStore) -> None:
    model = decoding_itself(model)
    none = Embedder(model, 4).embed(photo_images)
    two = Embedder(model, 4, workers=2).embed(photo_images)
    assert none.tobytes() == two.tobytes()


def test_images_without_jpegs_have_the_bytes_that_they_have_without(
    model: Model, tiny_images: ImageStore
) -> None:
    rows = range(20)
    before = Embedder(model, 8).embed(tiny_images, rows)
    assert Embedder(decoding_itself(model), 8).embed(tiny_images, rows).tobytes() == (
        before.tobytes()
    )


def test_it_is_measured_beside_what_the_processor_decodes(model: Model) -> None:
    other = Embedder(decoding_itself(model)).in_fp32()
    assert other is not None
    assert inference_of(other.model).decode == "processor"
    assert other.in_fp32() is None


@needs_gpu
def test_a_gpu_decodes_what_pillow_does(encoded: Encode) -> None:
    data = encoded(PHOTO, "JPEG", subsampling="4:4:4")
    decoder = DeviceDecoder(ImageSize(resize=61, crop=60), torch.device("cuda"))
    sample = torch.frombuffer(bytearray(data), dtype=torch.uint8), 1
    found = decoder.pixels(packed([sample]))[0].cpu()
    stored = torch.from_numpy(decode_plain(data)).permute(2, 0, 1)
    expected = stored[:, :60, 15:75]
    assert (found.int() - expected.int()).abs().float().mean() < 2


@needs_gpu
def test_what_a_gpu_refuses_is_decoded_by_the_processor(
    encoded: Encode, capsys: pytest.CaptureFixture[str]
) -> None:
    decoder = DeviceDecoder(SIZE, torch.device("cuda"))
    whole = encoded(PHOTO, "JPEG")
    refused = encoded(PHOTO, "PNG")  # which is not for nvJPEG, and for Pillow is
    samples = [(torch.frombuffer(bytearray(d), dtype=torch.uint8), 1) for d in (whole, refused)]
    pixels = decoder.pixels(packed(samples)).cpu().int()
    assert (pixels[0] - pixels[1]).abs().float().mean() < 10
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("the processor decodes JPEGs that the GPU refuses: ")
