"""What label files and EXIF say, from the source to the filter of a search."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from .conftest import Project

RunStages = Callable[..., Project]


@pytest.fixture
def photos(tmp_path: Path, digit_folder: Path) -> Path:
    """The digits as JPEGs with cameras, without folders, and a table of their labels."""
    rows = ["path,label,year"]
    (tmp_path / "photos").mkdir()
    for number, file in enumerate(sorted(digit_folder.rglob("*.png"))):
        exif = Image.Exif()
        exif[272] = f"Model {number % 2}"
        name, digit = f"{number:02d}.jpg", file.parent.name
        Image.open(file).save(tmp_path / "photos" / name, exif=exif)
        rows.append(f"{name},{digit}{'|odd' if int(digit) % 2 else ''},{2000 + number}")
    (tmp_path / "photos/labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "photos"


@pytest.mark.full
def test_further_columns_can_be_filtered_on(run_stages: RunStages, photos: Path) -> None:
    project = run_stages(photos, ingest__exif=["camera"], train__epochs=0)

    def found(where: str) -> list[dict[str, object]]:
        command = ("search", str(photos / "00.jpg"), "-k", "30", "--where", where, "--json")
        hits: list[dict[str, object]] = json.loads(project.lookalike(*command).stdout)["hits"]
        return hits

    odd = found("labels = 'odd'")
    assert {hit["label"] for hit in odd} == {"1"}
    assert odd[0]["labels"] == ["1", "odd"]
    late = found("year >= 2020 AND camera = 'Model 1'")
    assert sorted(hit["path"] for hit in late) == ["21.jpg", "23.jpg"]
    assert late[0]["year"] == 2000 + int(str(late[0]["path"])[:2])
