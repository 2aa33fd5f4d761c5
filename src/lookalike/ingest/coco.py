"""Annotations as COCO has them: https://cocodataset.org/#format-data"""

from typing import Any

COCO_KEYS = {"images", "annotations", "categories"}


def coco_records(content: dict[str, Any]) -> list[dict[str, Any]]:
    """A record an image: `file_name`, and as `label` the categories of its annotations.

    They are in the order in which the annotations name them, each once.

    Raises:
        ValueError: something is missing; the text says what.
    """
    try:
        category_of = {category["id"]: category["name"] for category in content["categories"]}
        labels: dict[str, list[str]] = {image["id"]: [] for image in content["images"]}
        for annotation in content["annotations"]:
            found = labels[annotation["image_id"]]
            if (label := category_of[annotation["category_id"]]) not in found:
                found.append(label)
        return [
            {"file_name": image["file_name"], "label": labels[image["id"]]}
            for image in content["images"]
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(f"is not COCO: {type(error).__name__} {error}") from None
