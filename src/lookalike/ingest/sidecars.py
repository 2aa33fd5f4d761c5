"""Files that people keep beside images: known by their names, listed, and never opened.

Videos are opened where their frames are wanted.
"""

METADATA = """
    aae cube dop pp3 thm xmp
    bib cfg csv data geojson gpx json jsonl kml mat names ndjson npy npz parquet pkl srt toml tsv
    txt xls xlsx xml yaml yml
    aux cpg dbf jgw ovr pgw prj shp shx tfw wld
    cache crc dvc ini log md5 sha1 sha256 sha512
"""
DOCUMENTS = """
    doc docx htm html ipynb m md odt pdf ppt pptx py rst rtf sh tex url webloc
"""
VIDEOS = """
    3g2 3gp avi flv insv lrv m2ts m4v mkv mov mp4 mpeg mpg mts webm wmv
"""
SOUNDS = """
    aac amr m4a mp3 ogg wav
"""
NAMES = """
    authors changelog changes citation contributors copying licence license manifest notice readme
    version
"""

_KIND_OF_SUFFIX = {
    suffix: kind
    for kind, suffixes in (
        ("metadata or annotations", METADATA),
        ("a document", DOCUMENTS),
        ("a video or sound", VIDEOS + SOUNDS),
    )
    for suffix in suffixes.split()
}
_NAMES = frozenset(NAMES.split())
_VIDEOS = tuple(f".{suffix}" for suffix in VIDEOS.split())


def sidecar(path: str) -> str | None:
    """What a file beside images is by its name, as a reason; None where it may be an image.

    `IMG_1.jpg.json`, `IMG_1.aae` and `IMG_1.mov` (of a Live Photo) are such, and so is a README.
    """
    name = path.rpartition("/")[2].lower()
    stem, _, suffix = name.rpartition(".")
    kind = _KIND_OF_SUFFIX.get(suffix) if stem else None
    if kind is None and (name in _NAMES or stem in _NAMES):
        kind = "a document"
    return f"is {kind} by its name" if kind else None


def is_video(path: str) -> bool:
    """Whether a file is a video by its name."""
    return path.lower().endswith(_VIDEOS)
