"""JSON bodies, read strictly: what two readers could understand differently is refused."""

import json
import re
from typing import Any, Never

import rfc8785
from flask import Request, g, request
from webargs import missing
from webargs.flaskparser import FlaskParser

from shared.agreement.errors import DomainError

# PostgreSQL cannot store the character NUL; in canonical JSON it is always spelt \u0000.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class MalformedBody(DomainError):
    code = "malformed_body"
    status = 400

    def __init__(self, why: str) -> None:
        super().__init__(f"Nội dung không phải JSON hợp lệ: {why}", f"The body is not valid JSON: {why}")


class NotJson(DomainError):
    code = "not_json"
    status = 415

    def __init__(self, mimetype: str) -> None:
        super().__init__(
            f"Nội dung phải là application/json, không phải «{mimetype}».",
            f"The body must be application/json, not “{mimetype}”.",
        )


def canonical_body() -> bytes:
    """The request's JSON body in RFC 8785 form; b"" when there is none. Raises MalformedBody, NotJson."""
    return _read()[1]


def json_body() -> Any:
    """The request's JSON body, or `webargs.missing`. Raises MalformedBody, NotJson."""
    return _read()[0]


class StrictParser(FlaskParser):
    """Reads JSON bodies by the rules of this module, for `ApiBlueprint.arguments`."""

    def _raw_load_json(self, req: Request) -> Any:  # noqa: ARG002 (the library says what it is called with)
        return json_body()


def _read() -> tuple[Any, bytes]:
    if "json_body" not in g:
        data = request.get_data(cache=True)
        if not data:
            g.json_body = (missing, b"")
        elif not request.is_json:
            raise NotJson(request.mimetype)
        else:
            g.json_body = _parse(data)
    body: tuple[Any, bytes] = g.json_body
    return body


def _parse(data: bytes) -> tuple[Any, bytes]:
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_no_such_number
        )
        canonical = rfc8785.dumps(value)
    except RecursionError:
        raise MalformedBody("nested too deeply") from None
    except (ValueError, rfc8785.CanonicalizationError) as error:
        # Decoding errors quote the data; only their place is repeated.
        raise MalformedBody(f"{type(error).__name__} – {_place(error)}") from error
    if _NUL.search(canonical):
        raise MalformedBody("contains the character NUL")
    return value, canonical


def _place(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, line {error.lineno} column {error.colno}"
    if isinstance(error, UnicodeError):
        return "not UTF-8 text"
    return str(error)[:200]


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"member “{next(n for n in names if names.count(n) > 1)[:60]}” appears twice")
    return members


def _no_such_number(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number")
