import pytest

from lookalike.ingest.sidecars import sidecar


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/IMG_1.jpg.supplemental-metadata.json", "metadata or annotations"),
        ("a/1.txt", "metadata or annotations"),
        ("a/1.xml", "metadata or annotations"),
        ("a/1.XMP", "metadata or annotations"),
        ("a/IMG_1.AAE", "metadata or annotations"),
        ("LICENSE", "a document"),
        ("README.md", "a document"),
        ("a/IMG_1.MOV", "a video or sound"),
    ],
)
def test_what_people_keep_beside_images_is_known(path: str, kind: str) -> None:
    assert sidecar(path) == f"is {kind} by its name"


@pytest.mark.parametrize("path", ["a/1.jpg", "txt", "license-plate.png", "a/1", "json/1.heic"])
def test_what_may_be_an_image_is_none(path: str) -> None:
    assert sidecar(path) is None
