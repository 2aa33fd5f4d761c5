"""Files that belong to a program or a system, not to the data: the one place that tells them.

Many are images all the same, thumbnails and older versions of those beside them, so they are told
by their names and never opened.
"""

from functools import lru_cache

FOLDERS = {
    name.casefold()
    for name in (
        "$RECYCLE.BIN",  # Windows
        "RECYCLER",
        "RECYCLED",
        "System Volume Information",
        "FOUND.000",
        "__MACOSX",  # macOS, and what it leaves on servers
        "Network Trash Folder",
        "Temporary Items",
        "lost+found",  # Linux
        "@eaDir",  # Synology
        "#recycle",
        "#snapshot",
        "@tmp",
        "@Recycle",  # QNAP
        "@Recently-Snapshot",
        "@__thumb",
        "__pycache__",  # Python
    )
}
FILES = {
    name.casefold()
    for name in (
        "Thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "Desktop.ini",
        "autorun.inf",
        "Icon\r",
        "Picasa.ini",
        "ZbThumbnail.info",
        "pspbrwse.jbf",
    )
}
# Hadoop's empty objects for folders; Windows' notes on files, as other systems show them.
ENDINGS = ("_$folder$", ":zone.identifier", ":encryptable")


def service_file(path: str) -> str | None:
    """Why a file is a service file, as a reason without its path; None where it is none.

    Hidden files and folders, whose names begin with a dot, are such. Case does not matter.
    """
    folder, _, name = path.rpartition("/")
    if within := _service_folder(folder):
        return f"lies in the service folder {within}"
    plain = name.casefold()
    if _is_hidden(name) or plain in FILES or plain.endswith(ENDINGS):
        return "is a service file"
    return None


@lru_cache(maxsize=1024)
def _service_folder(folder: str) -> str | None:
    names = folder.split("/")
    return next((n for n in names if _is_hidden(n) or n.casefold() in FOLDERS), None)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name not in {".", ".."}
