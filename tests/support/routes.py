"""The routes of an app, read from its own map, so that a new one is met by the tests that go over all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask

OPEN_TO_ALL = {"/health", "/sign-in", "/sign-out", "/api/tokens", "/static/<path:filename>"}
"""Which need no user."""
OTHERS = ("/feed/", "/api/docs/<")
"""The peers' feed, which no user reads, and files of the program."""
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """`arguments`: the names of what is filled in."""

    method: str
    rule: str
    arguments: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.rule}"

    def path(self, **filled: object) -> str:
        """The rule with its arguments filled in."""
        path = self.rule
        for part in self.rule.split("<")[1:]:
            inside, _, _ = part.partition(">")
            path = path.replace(f"<{inside}>", str(filled[inside.rpartition(":")[2]]), 1)
        return path


def routes(app: Flask, *methods: str) -> list[Route]:
    """In the order of their rules, without those that need no user and OTHERS."""
    found = [
        Route(method, rule.rule, frozenset(rule.arguments))
        for rule in app.url_map.iter_rules()
        if rule.rule not in OPEN_TO_ALL and not rule.rule.startswith(OTHERS)
        for method in methods
        if method in (rule.methods or ())
    ]
    return sorted(found, key=lambda route: route.name)


def reading(app: Flask) -> list[Route]:
    return routes(app, "GET")


def changing(app: Flask) -> list[Route]:
    return routes(app, *_CHANGING)


def names(found: Iterable[Route]) -> set[str]:
    return {route.name for route in found}
