"""What the OpenAPI document says of bodies that are read once there is room for their request."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def documented(bodies: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """A route's `openapi_extra`: the schemas of its body, by content type."""
    content = {kind: {"schema": _whole(body.model_json_schema())} for kind, body in bodies.items()}
    return {"requestBody": {"required": True, "content": content}}


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its definitions in their places: a document has them elsewhere."""
    definitions = schema.pop("$defs", {})

    def inlined(part: Any) -> Any:
        if isinstance(part, list):
            return [inlined(each) for each in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return inlined(definitions[part["$ref"].rpartition("/")[2]])
        return {name: inlined(each) for name, each in part.items()}

    whole: dict[str, Any] = inlined(schema)
    return whole
