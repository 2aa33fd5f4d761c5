import pytest

from lookalike.ingest.service_files import service_file


@pytest.mark.parametrize(
    "folder",
    [
        ".ipynb_checkpoints",
        ".thumbnails",
        ".Trash-1000/files",
        ".stversions",
        "@eaDir",
        "#recycle",
        "#RECYCLE",
        "$RECYCLE.BIN/S-1-5",
        "__MACOSX",
    ],
)
def test_what_lies_in_a_service_folder_is_none_of_the_data(folder: str) -> None:
    name = folder.split("/")[0]
    assert service_file(f"cat/{folder}/1.jpg") == f"lies in the service folder {name}"
    assert service_file(f"{folder}/cat/1.jpg") == f"lies in the service folder {name}"


@pytest.mark.parametrize(
    "name", ["Thumbs.db", "thumbs.DB", "Desktop.ini", ".nomedia", ".gitkeep", "._1.jpg"]
)
def test_a_service_file_is_told_by_its_name_in_any_case(name: str) -> None:
    assert service_file(f"cat/{name}") == "is a service file"


@pytest.mark.parametrize("path", ["recycle/1.jpg", "cat/thumbs.jpg", "e.aDir/1.jpg", "#1/@2.jpg"])
def test_other_files_are_none(path: str) -> None:
    assert service_file(path) is None
