"""The grounds of a decision as people read them: the rules it rests on, with their figures, and its main facts."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.agreement.wording import CODES, FIELDS
from shared.cli.language import say

MOST_LINES = 14
_NO_NEWS = frozenset(
    {"office", "commune", "case", "about", "checks", "salt", "person_id", "list_id", "entry_id"}
)


def grounds(facts: Mapping[str, Any]) -> str:
    """The checks that failed with article and figures, or that all were met; "" where it rests on none."""
    checks = facts.get("checks") or []
    failed = [check for check in checks if not check["passed"]]
    if checks and not failed:
        met = say(f"{len(checks)} điều kiện đều đạt", f"all {len(checks)} conditions met")
        return "\n".join([f"✓ {met}:", *sorted({f"  {check['source']}" for check in checks})])
    return "\n".join(
        f"✗ {check['source']}: " + ", ".join(f"{name} {value}" for name, value in check["facts"].items())
        for check in failed
    )


def explained(facts: Mapping[str, Any]) -> str:
    """As above, then what was decided, one fact a line; the whole is in the JSON."""
    lines = [line for line in [grounds(facts)] if line]
    lines += [f"{FIELDS.get(name, name)}: {value}" for name, value in _flat(facts)]
    return "\n".join(lines[:MOST_LINES] + (["…"] if len(lines) > MOST_LINES else []))


def _flat(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if name in _NO_NEWS or value is None:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value)
        elif isinstance(value, list | tuple):
            yield name, say(f"{len(value)} mục", f"{len(value)} items")
        elif isinstance(value, bool):
            yield name, say("có" if value else "không", "yes" if value else "no")
        elif isinstance(value, int):
            yield name, f"{value:,}".replace(",", ".")
        else:
            yield name, say(CODES.get(str(value), str(value)), str(value))
