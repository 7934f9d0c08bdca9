"""Bodies and queries from the description of the interface: the least that is valid, or anything that might be."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_FORMATS = {"date": "2026-12-01", "date-time": "2026-12-01T00:00:00Z"}


def resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A schema without its first reference."""
    while "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        schema = document["components"]["schemas"][name]
    return schema


def least(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """The least value that a schema takes."""
    schema = resolve(schema, document)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return least(schema[key][0], document)
    if "allOf" in schema:
        return least(schema["allOf"][0], document)
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        needed = schema.get("required", [])
        return {name: least(schema["properties"][name], document) for name in needed}
    if kind == "array":
        return [least(schema["items"], document) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1) or 1
    if kind == "boolean":
        return False
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return "x" * max(1, schema.get("minLength", 1)) if kind == "string" else None


def anything(
    schema: dict[str, Any], document: dict[str, Any], words: list[str], numbers: list[int]
) -> st.SearchStrategy[Any]:
    """Values of a schema's type, drawn from words and numbers that might lead somewhere."""
    schema = resolve(schema, document)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return st.one_of([anything(each, document, words, numbers) for each in schema[key]])
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        needed = set(schema.get("required", []))
        fields = {name: anything(each, document, words, numbers) for name, each in schema.get("properties", {}).items()}
        must = {name: each for name, each in fields.items() if name in needed}
        may = {name: each for name, each in fields.items() if name not in needed}
        return st.fixed_dictionaries(must, optional=may)
    if kind == "array":
        return st.lists(
            anything(schema["items"], document, words, numbers), min_size=schema.get("minItems", 0), max_size=3
        )
    if kind in ("integer", "number"):
        low = int(schema.get("minimum", 0) or 0)
        return st.one_of(st.sampled_from(numbers), st.integers(low, low + 500))
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    if schema.get("format") in _FORMATS:
        return st.just(_FORMATS[schema["format"]])
    return st.one_of(st.sampled_from(words), st.text(max_size=8))
