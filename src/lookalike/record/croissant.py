"""A data set as Croissant: JSON-LD that search engines and loaders read (Akhtar et al. 2024).

The images themselves are DVC's; what is described, and can be loaded, is which image is of which
class and in which subset. https://docs.mlcommons.org/croissant/docs/croissant-spec.html
"""

from pathlib import Path
from typing import Any

from lookalike.images.split_file import HEADER
from lookalike.record.card_facts import Facts

SPLIT = "split.csv"
VOCABULARY = "http://mlcommons.org/croissant/"
# Every document of version 1.0 begins with this one
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": VOCABULARY,
    "rai": f"{VOCABULARY}RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
COLUMNS = dict(
    zip(
        HEADER,
        (
            "The sha256 of the image file.",
            "The path of the image in the source.",
            "The class of the image.",
            "The subset: train, valid or test.",
        ),
        strict=True,
    )
)
SUBSETS = {"train": "Training", "valid": "Validation", "test": "Test"}


def croissant(facts: Facts, split: Path, license: str | None) -> dict[str, Any]:
    """The document, which lies beside `split.csv`.

    Args:
        facts: those of the last run.
        split: that file.
        license: of the images; None: it is not stated.
    """
    counts = facts.metrics["split"]
    document = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": facts.data_name,
        "description": (
            f"{counts['images']} images of {counts['classes']} classes, of which "
            f"{counts['train']} are for training, {counts['valid']} for validation and "
            f"{counts['test']} for the test."
        ),
        "conformsTo": f"{VOCABULARY}1.0",
        "license": license,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": SPLIT,
                "name": SPLIT,
                "contentUrl": SPLIT,
                "contentSize": f"{split.stat().st_size} B",
                "encodingFormat": "text/csv",
                "sha256": counts["sha256"],
            }
        ],
        "recordSet": [_images(), _subsets(), _classes(counts["images_by_class"])],
    }
    return {key: value for key, value in document.items() if value is not None}


def _images() -> dict[str, Any]:
    fields = []
    for column, description in COLUMNS.items():
        field = _field("images", column, description)
        field["source"] = {"fileObject": {"@id": SPLIT}, "extract": {"column": column}}
        fields.append(field)
    fields[-1]["references"] = {"field": {"@id": "subsets/name"}}
    return _record_set("images", "images/id", fields)


def _subsets() -> dict[str, Any]:
    fields = [_field("subsets", "name", "Its name."), _field("subsets", "url", "What it is for.")]
    fields[1]["dataType"] = ["sc:URL", "wd:Q3985153"]
    data = [
        {"subsets/name": name, "subsets/url": f"cr:{purpose}Split"}
        for name, purpose in SUBSETS.items()
    ]
    return _record_set("subsets", "subsets/name", fields) | {"dataType": "cr:Split", "data": data}


def _classes(by_class: dict[str, list[int]]) -> dict[str, Any]:
    fields = [_field("classes", "name", "Its name.")]
    for name, purpose in SUBSETS.items():
        fields.append(_field("classes", name, f"How many {purpose.lower()} images it has."))
        fields[-1]["dataType"] = "sc:Integer"
    data = [
        {"classes/name": label}
        | {f"classes/{subset}": count for subset, count in zip(SUBSETS, counts, strict=True)}
        for label, counts in by_class.items()
    ]
    return _record_set("classes", "classes/name", fields) | {"data": data}


def _record_set(name: str, key: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": {"@id": key},
        "field": fields,
    }


def _field(record_set: str, name: str, description: str) -> dict[str, Any]:
    id = f"{record_set}/{name}"
    return {
        "@type": "cr:Field",
        "@id": id,
        "name": id,
        "description": description,
        "dataType": "sc:Text",
    }
