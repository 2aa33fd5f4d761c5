"""What tests of several packages share: images, processes, servers, a tiny trained project."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, chdir, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image, ImageEnhance, ImageOps
from playwright.sync_api import Browser, sync_playwright
from sklearn.datasets import load_digits, load_sample_image

from lookalike.images.bands import Bands
from lookalike.images.inspect import inspect
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore
from lookalike.terminal.console import ConsoleReporter
from lookalike.terminal.progress import reporting_to
from services.servers import (
    S3Server,
    Server,
    start_mlflow,
    start_mongodb,
    start_postgresql,
    start_s3,
)

REPOSITORY = Path(__file__).parents[1]
SOURCE = REPOSITORY / "src"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_WITHOUT = ("background-networking", "component-update", "sync", "gpu")

settings.register_profile("project", deadline=None, max_examples=50)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of few but long tests come first, so that no process works on after all others.

    The first of them makes the project that has been run, and files that would wait for it come
    after those that do not need it.
    """
    long = [item for item in items if item.path.parent.name in {"pipeline", "docs"}]
    waiting = [item.path for item in long if "finished" in item.fixturenames]  # type: ignore[attr-defined]
    order = [*waiting[:1], *(item.path for item in long if item.path not in waiting), *waiting]
    places = {path: place for place, path in enumerate(dict.fromkeys(order))}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(autouse=True)
def _on_the_terminal() -> Iterator[None]:
    """What the library reports goes to stderr, as it does for commands and stages."""
    with reporting_to(ConsoleReporter()):
        yield


@pytest.fixture(scope="session")
def encoded() -> Callable[..., bytes]:
    """Encode an image or a uint8 array: `encoded(array)`, `encoded(image, "JPEG", quality=90)`."""

    def encode(picture: Image.Image | np.ndarray, form: str = "PNG", **options: object) -> bytes:
        image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
        buffer = BytesIO()
        image.save(buffer, form, **options)
        return buffer.getvalue()

    return encode


@pytest.fixture(scope="session")
def geotiff() -> Callable[..., bytes]:
    """Encode an array `[bands, height, width]` as a GeoTIFF: `geotiff(array, nodata=0)`."""
    import rasterio

    def encode(array: np.ndarray, **options: object) -> bytes:
        count, height, width = array.shape
        size = {"count": count, "height": height, "width": width, "dtype": array.dtype}
        with rasterio.MemoryFile() as file:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it lies nowhere on Earth
                with file.open(driver="GTiff", **size, **options) as dataset:
                    dataset.write(array)
            return bytes(file.read())

    return encode


@pytest.fixture(scope="session")
def tile_files(geotiff: Callable[..., bytes]) -> dict[str, bytes]:
    """Ten tiles of each of two classes, `crop/0.tif` to `water/9.tif`: uint16, five bands.

    Only the fifth band, as near infrared, tells them apart.
    """
    random = np.random.default_rng(0)
    files = {}
    for label, infrared in (("crop", 3000), ("water", 300)):
        for number in range(10):
            level = np.array([800, 700, 600, 500, infrared]).reshape(5, 1, 1)
            tile = level * random.uniform(0.8, 1.2, (5, 32, 40))
            files[f"{label}/{number}.tif"] = geotiff(tile.astype(np.uint16))
    return files


@pytest.fixture(scope="session")
def tile_images(
    tile_files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Bands], ImageStore]:
    """The image store of `tile_files` with a choice of bands, in the order of `tile_files`."""

    def store(bands: Bands) -> Path:
        rows = (
            {
                **inspect(data, 10**6, bands)._asdict(),
                "path": path,
                "label": path.partition("/")[0],
                "source": path,
                "source_split": None,
                "image": data,
            }
            for path, data in tile_files.items()
        )
        folder = tmp_path_factory.mktemp("tiles") / "images"
        write_shards(rows, folder, bands)
        return ImageStore(folder)

    return store


@pytest.fixture(scope="session")
def photo_images(
    encoded: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory
) -> ImageStore:
    """An image store of copies of a temple, `temple/...`, two of a flower, and unlike halves."""
    temple, flower = (Image.fromarray(load_sample_image(f"{n}.jpg")) for n in ("china", "flower"))
    pictures = {
        "flower/large.jpg": flower,
        "flower/small.webp": flower.resize((200, 133)),
        "half/left.jpg": temple.crop((0, 0, 320, 427)),
        "half/right.jpg": temple.crop((320, 0, 640, 427)),
        "temple/cropped.png": temple.crop((20, 10, 625, 415)),
        "temple/dark.jpg": ImageEnhance.Brightness(temple).enhance(0.7),
        "temple/gray.jpg": temple.convert("L"),
        "temple/large.jpg": temple,
        "temple/mirrored.jpg": ImageOps.mirror(temple),
        "temple/small.webp": temple.resize((300, 200)),
    }
    rows = []
    for path, picture in pictures.items():
        data = encoded(picture, {".png": "PNG", ".webp": "WEBP"}.get(Path(path).suffix, "JPEG"))
        rows.append(
            {
                **inspect(data, 10**6)._asdict(),
                "path": path,
                "label": path.partition("/")[0],
                "source": path,
                "source_split": None,
                "image": data,
            }
        )
    folder = tmp_path_factory.mktemp("photos") / "images"
    write_shards(rows, folder)
    return ImageStore(folder)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data sets and weights that no clone holds."""
    folder = os.environ.get("LOOKALIKE_SHARED")
    if folder is None:
        pytest.skip("LOOKALIKE_SHARED is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def sentinel_tiles(shared: Path) -> list[Path]:
    """Ten real Sentinel-2 tiles, one of each class of EuroSAT: uint16, 13 bands, 64 x 64 pixels."""
    folders = sorted((shared / "data" / "eurosat-stac" / "data").rglob("sentinel_2/tif/*"))
    return [min(folder.iterdir()) for folder in folders]


@pytest.fixture(scope="session")
def digit_files(encoded: Callable[..., bytes]) -> dict[str, bytes]:
    """Three classes of eight handwritten digits: `0/00.png` to `2/07.png`, 32 x 32 pixels."""
    digits = load_digits()
    files = {}
    for label in range(3):
        for number, pixels in enumerate(digits.images[digits.target == label][:8]):
            gray = (255 - pixels * 255 / 16).round().astype(np.uint8)
            files[f"{label}/{number:02d}.png"] = encoded(np.kron(gray, np.ones((4, 4), np.uint8)))
    return files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as a clone has it, without results: parameters at the preset `digits`, presets."""
    from lookalike.core.layout import Layout
    from lookalike.project.preset import apply_preset

    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "presets", tmp_path / "presets")
    (tmp_path / "data").mkdir()
    shutil.copy(REPOSITORY / "data" / "corrections.csv", tmp_path / "data")
    apply_preset(Layout(tmp_path), "digits", None, None)
    return tmp_path


@pytest.fixture
def digit_folder(tmp_path: Path, digit_files: dict[str, bytes]) -> Path:
    """The digits of `digit_files` in class folders."""
    for path, data in digit_files.items():
        file = tmp_path / "digits" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return tmp_path / "digits"


@pytest.fixture
def digit_catalog(tmp_path: Path, digit_files: dict[str, bytes]) -> Path:
    """The digits of `digit_files` as a STAC catalog: 18 items of `train`, 6 of `test`.

    Labels are in label assets under `class`; `digits:number` and `a.b` are properties.
    """
    folder = tmp_path / "catalog"

    def write(path: str, content: object) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / path).write_bytes(data)

    def catalog(kind: str, id: str, rel: str, hrefs: list[str]) -> dict[str, object]:
        extent = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[None, None]]}}
        return {
            "type": kind,
            "stac_version": "1.0.0",
            "id": id,
            "description": id,
            "license": "MIT",
            "extent": extent,
            "links": [{"rel": rel, "href": href} for href in hrefs],
        }

    items: dict[str, list[str]] = {"train": [], "test": []}
    for path, data in digit_files.items():
        label, number = path[0], int(path[2:4])
        side = "train" if number < 6 else "test"
        id = f"digit-{label}-{number}"
        feature = {"type": "Feature", "geometry": None, "properties": {"class": label}}
        assets = {
            "image": {"href": f"../images/{path}", "type": "image/png", "file:size": len(data)},
            "labels": {
                "href": f"../labels/{id}.geojson",
                "type": "application/geo+json",
                "roles": ["labels"],
            },
        }
        item = {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": id,
            "collection": side,
            "geometry": {"type": "Point", "coordinates": [number, 0]},
            "bbox": [number, 0, number, 0],
            "properties": {
                "datetime": "2020-01-01T00:00:00Z",
                "ml-aoi:split": side,
                "digits:number": number,
                "a.b": number / 2,
            },
            "assets": assets,
            "links": [{"rel": "collection", "href": "collection.json"}],
        }
        write(f"images/{path}", data)
        write(f"labels/{id}.geojson", {"type": "FeatureCollection", "features": [feature]})
        write(f"{side}/{id}.json", item)
        items[side].append(f"{id}.json")
    for side, hrefs in items.items():
        write(f"{side}/collection.json", catalog("Collection", side, "item", hrefs))
    children = ["train/collection.json", "test/collection.json"]
    write("catalog.json", catalog("Catalog", "digits", "child", children))
    return folder


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """The processes that a test has put in here; ended at the end."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        with process:
            process.kill()


@pytest.fixture
def start(
    tmp_path: Path, started: list[subprocess.Popen[str]]
) -> Callable[[str], subprocess.Popen[str]]:
    """Start Python code in a process (and session) of its own, in `tmp_path`; ended at the end."""

    def run(code: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    return run


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server without buckets: `s3.make_bucket`, `s3.client`, `s3.environment`."""
    folder = tmp_path_factory.mktemp("s3")
    server = start_s3(folder / "buckets", folder / "log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A MongoDB-compatible server without databases at `mongodb.address`."""
    folder = tmp_path_factory.mktemp("mongodb")
    server = start_mongodb(folder / "databases", folder / "log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """PostgreSQL with pgvector, at the address `postgresql.address`."""
    server = start_postgresql(tmp_path_factory.mktemp("postgresql") / "data")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An MLflow server without runs at `mlflow_server.address`."""
    pytest.importorskip("mlflow.server", reason="the package mlflow is not installed")
    folder = tmp_path_factory.mktemp("mlflow")
    server = start_mlflow(folder, folder / "log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mongodb_uri(request: pytest.FixtureRequest) -> str:
    """The address in MONGODB_URI where there is one, else that of `mongodb`."""
    given = os.environ.get("MONGODB_URI")
    return given or f"mongodb://{request.getfixturevalue('mongodb').address}"


@pytest.fixture(scope="session")
def one_line_error() -> Callable[..., AbstractContextManager[None]]:
    """Expect a LookalikeError of one line that holds some words: `one_line_error("a", "b")`.

    `kind=QueryError` expects one of a subclass.
    """
    from lookalike.core.errors import LookalikeError

    @contextmanager
    def expect(*words: str, kind: type[LookalikeError] = LookalikeError) -> Iterator[None]:
        with pytest.raises(kind) as caught:
            yield
        line = str(caught.value)
        assert len(line.splitlines()) == 1, line
        assert [word for word in words if word not in line] == [], line

    return expect


@pytest.fixture(scope="session")
def tiny_source(encoded: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six classes of twenty handwritten digits, `0/00.png` to `5/19.png`, 8 x 8 pixels."""
    folder = tmp_path_factory.mktemp("tiny") / "source"
    digits = load_digits()
    for label in range(6):
        (folder / str(label)).mkdir(parents=True)
        for number, pixels in enumerate(digits.images[digits.target == label][:20]):
            gray = (255 - pixels * 255 / 16).round().astype(np.uint8)
            (folder / str(label) / f"{number:02d}.png").write_bytes(encoded(gray))
    return folder


@pytest.fixture(scope="session")
def tiny_images(tiny_source: Path, tmp_path_factory: pytest.TempPathFactory) -> ImageStore:
    """The image store of `tiny_source`."""
    from lookalike.ingest.examine import Limits, examined
    from lookalike.ingest.intake import Intake
    from lookalike.ingest.manifest import make_manifest
    from lookalike.ingest.opening import open_source
    from lookalike.ingest.params import IngestParams
    from lookalike.ingest.read_ahead import read_ahead

    folder = tmp_path_factory.mktemp("tiny") / "images"
    params = IngestParams(source=str(tiny_source))
    source = open_source(params)
    manifest = make_manifest(source, params)
    files = read_ahead(source, manifest.candidates)
    look = partial(inspect, max_pixels=1000)
    write_shards(Intake(manifest).rows(examined(files, look, 0, Limits(60, 2**32))), folder)
    return ImageStore(folder)


@pytest.fixture(scope="session")
def tiny_split(tiny_images: ImageStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The split file of `tiny_images`: 14, 3 and 3 images of each class."""
    from lookalike.images.split_file import write_split
    from lookalike.split.assign import assign
    from lookalike.split.params import SplitParams
    from lookalike.split.select import Labeled, select

    path = tmp_path_factory.mktemp("tiny") / "split.csv"
    labeled = [Labeled(**row) for row in tiny_images.metadata.select(Labeled._fields).to_pylist()]
    chosen = select(labeled, SplitParams(), seed=0)
    subset_of = assign(chosen, SplitParams(), seed=0, group_of={}, previous={})
    write_split(path, ((i.id, i.path, i.label, subset_of[i.id]) for i in labeled))
    return path


@pytest.fixture(scope="session")
def tiny_model(
    tiny_images: ImageStore, tiny_split: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The model artifact of a ResNet-18 after three epochs on `tiny_images`."""
    from lookalike.core.params import BaseParams, MachineParams
    from lookalike.images.split_file import read_split
    from lookalike.inference.devices import launch
    from lookalike.model.artifact import save_model
    from lookalike.model.compute import fix_compute
    from lookalike.train.data import training_data
    from lookalike.train.log import training_log
    from lookalike.train.params import TrainParams
    from lookalike.train.resources import Records, Resources
    from lookalike.train.training_run import TrainingRun

    folder = tmp_path_factory.mktemp("tiny")
    base = BaseParams(threads=1)  # on a busy machine more of them wait for each other
    params = TrainParams(embedding_dim=16, image_size=32, resize=32, epochs=3, batch_size=16)
    fix_compute(base.threads, base.seed)
    with training_log(folder / "log") as log:
        data = training_data(tiny_images, read_split(tiny_split, tiny_images))
        resources = Resources(launch(MachineParams()))
        trained = TrainingRun(params, data, base.seed, resources, Records(log)).fit()
    save_model(folder / "model", trained.description, trained.weights, trained.learned_from)
    return folder / "model"


@pytest.fixture(scope="session")
def tiny_embeddings(
    tiny_images: ImageStore, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The embeddings of `tiny_images` by `tiny_model`."""
    from lookalike.inference.embedder import open_embedder
    from lookalike.inference.writing import write_embeddings

    folder = tmp_path_factory.mktemp("tiny") / "embeddings"
    write_embeddings(folder, tiny_images, open_embedder(tiny_model))
    return folder


@pytest.fixture(scope="session")
def tiny_index(
    tiny_images: ImageStore,
    tiny_split: Path,
    tiny_embeddings: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The index bundle over `tiny_embeddings`."""
    from lookalike.images.split_file import read_split
    from lookalike.index.building import build_index
    from lookalike.index.engines.annoy import Annoy
    from lookalike.index.metadata import joined_metadata
    from lookalike.index.thumbnails import write_thumbnails
    from lookalike.inference.embeddings import open_embeddings

    folder = tmp_path_factory.mktemp("tiny") / "index"
    embeddings = open_embeddings(tiny_embeddings)
    split = read_split(tiny_split, tiny_images)
    metadata = joined_metadata(tiny_images.metadata, embeddings, split)
    thumbnails = partial(write_thumbnails, tiny_images, 96, 1)
    engine = Annoy(trees=10, search_k=10_000)
    build_index(embeddings.vectors, metadata, folder, engine, embeddings.model_sha256, thumbnails)
    return folder


@pytest.fixture(scope="session")
def tiny_clip(tiny_images: ImageStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that knows text, as small as they come, its export and its index.

    `weights.safetensors` are those of the whole model, as open_clip itself names them.
    """
    import torch
    from safetensors.torch import save_file

    from lookalike.core.hashing import sha256_of_file
    from lookalike.core.params import MachineParams
    from lookalike.export.writing import write_export
    from lookalike.index.building import build_index
    from lookalike.index.engines.exact import Exact
    from lookalike.index.metadata import joined_metadata
    from lookalike.inference.devices import launch
    from lookalike.inference.embedder import open_embedder
    from lookalike.inference.embeddings import open_embeddings
    from lookalike.inference.writing import write_embeddings
    from lookalike.model.artifact import load_model, save_model
    from lookalike.train.params import TrainParams
    from lookalike.train.resources import Resources
    from lookalike.train.untrained import untrained_model

    open_clip = pytest.importorskip("open_clip")
    folder = tmp_path_factory.mktemp("tiny") / "clip"
    folder.mkdir()
    tower = {"layers": 2, "width": 32}
    config = {
        "embed_dim": 16,
        "vision_cfg": {**tower, "image_size": 32, "head_width": 16, "patch_size": 8},
        "text_cfg": {**tower, "context_length": 77, "vocab_size": 49408, "heads": 2},
    }
    (folder / "tiny-clip.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder / "tiny-clip.json")
    torch.manual_seed(0)
    save_file(open_clip.CLIP(**config).state_dict(), folder / "weights.safetensors")
    params = TrainParams(
        backbone="open_clip/tiny-clip",
        weights=str(folder / "weights.safetensors"),
        weights_sha256=sha256_of_file(folder / "weights.safetensors"),
        image_size=32,
        resize=32,
        epochs=0,
    )
    trained = untrained_model(params, tiny_images, Resources(launch(MachineParams())))
    save_model(folder / "model", trained.description, trained.weights)
    write_export(folder / "export", load_model(folder / "model"), tiny_images, "onnx")
    write_embeddings(folder / "embeddings", tiny_images, open_embedder(folder / "model"))
    embeddings = open_embeddings(folder / "embeddings")
    metadata = joined_metadata(tiny_images.metadata, embeddings, [])
    model = embeddings.model_sha256
    build_index(embeddings.vectors, metadata, folder / "index", Exact(), model)
    return folder


@pytest.fixture(scope="session")
def tiny_export(
    tiny_images: ImageStore, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The export of `tiny_model`, away from it, so that nobody takes it unasked."""
    from lookalike.export.writing import write_export
    from lookalike.model.artifact import load_model

    folder = tmp_path_factory.mktemp("tiny") / "export"
    write_export(folder, load_model(tiny_model), tiny_images, "onnx")
    return folder


@pytest.fixture(scope="session")
def int8_project(
    tiny_images: ImageStore, tiny_split: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project of an untrained network on `tiny_images`, computed by OpenVINO in int8.

    From the export stage to the index.
    """
    import torch

    from lookalike.core.layout import Layout
    from lookalike.model.artifact import build_network, save_model
    from lookalike.model.description import ModelDescription

    folder = tmp_path_factory.mktemp("int8")
    (folder / "params.yaml").write_text(
        "base:\n"
        "  threads: 1\n"
        "  inference_batch_size: 16\n"
        "  inference: {engine: openvino, precision: int8, calibration_images: 12}\n"
        "evaluate: {projection: none, bootstrap_draws: 10, max_quality_drop: 1.0}\n"
        "index: {engine: {name: exact}}\n"
        "machine: {workers: 0}\n"
    )
    (folder / "data").mkdir()
    (folder / "data" / "images").symlink_to(tiny_images.folder)
    (folder / "data" / "split.csv").symlink_to(tiny_split)
    description = ModelDescription.model_validate(
        {
            "backbone": "cnn:8",
            "embedding_dim": 16,
            "classes": list("012345"),
            "image_size": {"resize": 32, "crop": 32},
            "precision": "fp32",
        }
    )
    torch.manual_seed(0)
    save_model(folder / "models/model", description, build_network(description).state_dict())
    with chdir(folder):
        for stage in ("export", "embed", "index"):
            runpy.run_path(str(SOURCE / f"{stage}.py"))["main"](Layout(Path()))
    return folder


@pytest.fixture
def tiny_project(
    project: Path, tiny_model: Path, tiny_index: Path, tiny_images: ImageStore
) -> Path:
    """A project whose outputs are the tiny ones."""
    (project / "dvc.yaml").touch()
    for path, target in {
        "models/model": tiny_model,
        "models/index": tiny_index,
        "data/images": tiny_images.folder,
    }.items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).symlink_to(target)
    return project


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one, tests that ask for it are skipped.

    One for a module: while it lives, so does an event loop, and its process can run no other.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or brew install chromium")
    arguments = ["--no-sandbox", *(f"--disable-{name}" for name in BROWSER_WITHOUT)]
    arguments += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """A web server for the files of a folder, on this machine; its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
