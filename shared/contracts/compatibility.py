"""Whether a change of the published language can be lived with by those who have not changed yet.

Both sides are strict: an unknown field is an error, and so is a value outside the contract. Messages are
kept for ever and told again byte for byte. So within a version nothing that decides about validity may
change, in either direction:

* wider (a new field, value or longer text): an old hearer refuses what a new publisher says;
* narrower: a new hearer refuses what an old publisher says, and cannot read its own log any more;
* the same holds for who is told, on which condition, and whether cases are named.

Free to change: words (title, description, summary), examples, and the order of anything. Free to add: an
event, a recipient, a version beside the old one. Hearers are brought up to date before publishers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.jsonschema import Json

_WORDS = {"$id", "title", "description", "examples"}
_UNORDERED = {"enum", "required", "type"}


def breaks(old: Mapping[str, Json], new: Mapping[str, Json]) -> list[str]:
    """Why `new` cannot replace `old`: a sentence per break, none when it can.

    Both are path → JSON Schema, as `shared.contracts.export.schemas` gives them: `publisher/Event.vN/place.json`.
    """
    found: list[str] = []
    still_there = {path.rpartition("/")[0] for path in new}
    for path in sorted(old):
        if path in new:
            found += _differences(path, _inlined(old[path]), _inlined(new[path]))
        elif path.rpartition("/")[0] in still_there:
            found.append(f"{path}: this recipient is no longer told")
        else:
            found.append(f"{path}: this version of the event is gone; it can be followed, not removed")
    return found


def _differences(place: str, old: Json, new: Json) -> Iterator[str]:
    was, now = old.get("properties", {}), new.get("properties", {})
    for name in sorted(was.keys() | now.keys()):
        if name not in now:
            yield f"{place}: field {name} is gone"
        elif name not in was:
            yield f"{place}: field {name} is new, hearers of this version refuse it"
        else:
            yield from _differences(f"{place}: {name}", was[name], now[name])
    for key in sorted((old.keys() | new.keys()) - _WORDS - {"properties"}):
        before, after = old.get(key), new.get(key)
        if key == "items" and before and after:
            yield from _differences(f"{place}[]", before, after)
        elif key == "anyOf" and before and after and len(before) == len(after):
            for one, other in zip(before, after, strict=True):
                yield from _differences(place, one, other)
        elif _comparable(key, before) != _comparable(key, after):
            yield f"{place}: {key} was {before}, is {after}"


def _comparable(key: str, value: Any) -> Any:
    if key in _UNORDERED and isinstance(value, list):
        return sorted(map(repr, value))
    return value


def _inlined(schema: Json) -> Json:
    """The schema with each `$ref` replaced by what it refers to: how inner objects are named does not matter."""

    def inline(value: Any) -> Any:
        if isinstance(value, list):
            return [inline(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return inline(schema["$defs"][value["$ref"].removeprefix("#/$defs/")])
        return {key: inline(inner) for key, inner in value.items()}

    return {key: inline(value) for key, value in schema.items() if key != "$defs"}
