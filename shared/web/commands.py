"""Command endpoints: who wants what, once, on which version; and how the result is answered."""

import hashlib
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import wraps
from typing import Any, TypeVar

from flask import Response, json, request

from shared.agreement.acting import Command
from shared.agreement.errors import DomainError
from shared.web.auth import current_user
from shared.web.body import canonical_body

R = TypeVar("R")

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_VERSION = re.compile(r'"(0|[1-9][0-9]{0,17})"')

_KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "Chosen by the sender, one per decision; the same key again gets the same answer.",
}
_VERSION_HEADER = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string", "examples": ['"3"']},
    "description": "The ETag of the version that the user looked at.",
}


class KeyMissing(DomainError):
    code = "idempotency_key_missing"
    status = 400

    def __init__(self) -> None:
        super().__init__(
            "Thiếu tiêu đề Idempotency-Key (1–200 ký tự ASCII, không có dấu cách).",
            "The header Idempotency-Key is missing (1–200 ASCII characters, no spaces).",
        )


class KeyMalformed(KeyMissing):
    code = "idempotency_key_malformed"


class VersionMissing(DomainError):
    code = "if_match_missing"
    status = 428

    def __init__(self) -> None:
        super().__init__(
            "Thiếu tiêu đề If-Match: hãy gửi ETag của bản đang xem.",
            "The header If-Match is missing: send the ETag of the version you looked at.",
        )


class VersionMalformed(DomainError):
    code = "if_match_malformed"
    status = 400

    def __init__(self, value: str) -> None:
        super().__init__(
            f'If-Match «{value[:60]}» không phải một ETag của hệ thống, ví dụ "3".',
            f'If-Match “{value[:60]}” is not an ETag of ours, such as "3".',
        )


class WeakVersion(DomainError):
    code = "if_match_weak"
    status = 412

    def __init__(self) -> None:
        # RFC 9110, 13.1.1: If-Match compares strongly, so a weak tag never matches.
        super().__init__("ETag yếu (W/) không bao giờ khớp.", "A weak ETag (W/) never matches.")


def command(*, if_match: bool = False, raw: bool = False) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """View decorator: the view gets `command: Command` as a keyword argument.

    `if_match`: whether the version that the user looked at must be sent (428 without; `*` names none).
    Where it need not, it is read when it comes. `raw`: the body is a file, and the query says what to do with it.
    """

    def decorate(view: Callable[..., R]) -> Callable[..., R]:
        @wraps(view)
        def commanded(*args: Any, **kwargs: Any) -> R:
            return view(*args, command=read_command(if_match=if_match, raw=raw), **kwargs)

        headers = [_KEY_HEADER, {**_VERSION_HEADER, "required": if_match}]
        documented = deepcopy(getattr(view, "_apidoc", {}))  # flask-smorest's own place for such things
        documented.setdefault("manual_doc", {}).setdefault("parameters", []).extend(headers)
        commanded._apidoc = documented  # type: ignore[attr-defined]
        return commanded

    return decorate


def read_command(*, if_match: bool = False, raw: bool = False) -> Command:
    """The command in the current request. Raises the errors of this module, MalformedBody, NotJson."""
    user = current_user()
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise KeyMissing
    if not _KEY.fullmatch(key):
        raise KeyMalformed
    return Command(
        user=user, key=key, body_hash=_body_hash(raw), expected_version=_expected_version(if_match)
    )


def command_response(
    resource: Mapping[str, Any],
    version: int,
    *,
    location: str | None = None,
    created: bool = False,
    replayed: bool = False,
) -> Response:
    """The resource as it is after the command: 201 with Location when it was created, else 200.

    `replayed`: the decision was taken when the same key came before.
    """
    response = Response(json.dumps(resource), 201 if created else 200, mimetype="application/json")
    response.set_etag(str(version))
    if location is not None:
        response.headers["Location"] = location
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def resource_response(resource: Mapping[str, Any], version: int) -> Response:
    """A resource with its ETag; 304 when the asker has this version already."""
    tag = str(version)
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        response = Response(json.dumps(resource), mimetype="application/json")
    response.set_etag(tag)
    return response


def _body_hash(raw: bool) -> str:
    """Two requests with the same hash ask for the same thing."""
    target = f"{request.method} {request.path}\n".encode()
    said = request.query_string + b"\n" + request.get_data() if raw else canonical_body()
    return hashlib.sha256(target + said).hexdigest()


def _expected_version(required: bool) -> int | None:
    value = request.headers.get("If-Match", "").strip()
    if value in ("", "*"):
        if required:
            raise VersionMissing
        return None
    if re.fullmatch(r'W/"[^"]*"', value):
        raise WeakVersion
    found = _VERSION.fullmatch(value)
    if found is None:
        raise VersionMalformed(value)
    return int(found[1])
