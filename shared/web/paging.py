"""Lists in pages: an opaque cursor names the last row seen, so that pages stay right while rows come in."""

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import marshmallow as ma
import msgspec
from flask import Response, json, request

from shared.agreement.errors import DomainError, FieldError, InvalidInput

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
MAX_CURSOR = 1_000  # characters

SortKey = str | int
Row = TypeVar("Row")

_BASE64 = re.compile(rf"[A-Za-z0-9_-]{{2,{MAX_CURSOR}}}")
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


class BadCursor(DomainError):
    code = "bad_cursor"
    status = 400

    def __init__(self) -> None:
        super().__init__(
            "Tham số cursor không phải do hệ thống cấp; hãy tải lại từ trang đầu.",
            "The cursor is not one of ours; start again from the first page.",
        )


class Page(msgspec.Struct, frozen=True):
    """What the asker wants: `limit` rows after the row with this (sort key, id)."""

    limit: int
    after: tuple[SortKey, str] | None


class PageSchema(ma.Schema):
    """For `@blueprint.arguments(PageSchema, location="query")`: documents the two parameters. `cursor` is
    read by `page_asked`."""

    limit = ma.fields.Integer(load_default=DEFAULT_LIMIT, validate=ma.validate.Range(1, MAX_LIMIT))
    cursor = ma.fields.String(validate=ma.validate.Length(max=MAX_CURSOR))


def page_asked(*, sort_key: type[SortKey] = str) -> Page:
    """The page that the current request asks for; `sort_key` is the type of this list's sort key.

    Raises BadCursor (400) for a cursor we did not give, InvalidInput (422) for a limit outside 1..200.
    """
    limit = request.args.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[0-9]{1,4}", limit, re.ASCII) or not 1 <= int(limit) <= MAX_LIMIT:
        vi, en = f"Phải là số nguyên từ 1 đến {MAX_LIMIT}.", f"Must be a whole number from 1 to {MAX_LIMIT}."
        raise InvalidInput(FieldError("/limit", "out_of_range", vi, en))
    cursor = request.args.get("cursor")
    return Page(int(limit), None if cursor is None else _decode(cursor, sort_key))


def keyset(
    select: str,
    parameters: Sequence[object],
    page: Page,
    *,
    sort: str,
    id: str,
    descending: bool = False,
    mark: str = "?",
) -> tuple[str, list[object]]:
    """SQL and parameters for one page of `select`, and one row more, to see whether there is another.

    `sort` and `id` are output columns of `select`, neither ever NULL, together unique; `mark` is the
    driver's placeholder ("?" for SQLite, "%s" for psycopg).
    """
    for column in (sort, id):
        if not _IDENTIFIER.fullmatch(column):
            raise ValueError(f"{column!r} is not a column")
    direction, beyond = ("DESC", "<") if descending else ("ASC", ">")
    given = list(parameters)
    sql = f"SELECT * FROM ({select}) AS listed"
    if page.after is not None:
        sql += f" WHERE ({sort}, {id}) {beyond} ({mark}, {mark})"
        given += page.after
    sql += f" ORDER BY {sort} {direction}, {id} {direction} LIMIT {mark}"
    return sql, [*given, page.limit + 1]


def next_cursor(rows: Sequence[Row], page: Page, *, key: Callable[[Row], tuple[SortKey, str]]) -> str | None:
    """The cursor of the page after this one, None on the last. Arguments as for `page_response`."""
    return _encode(key(rows[page.limit - 1])) if len(rows) > page.limit else None


def page_response(
    rows: Sequence[Row],
    page: Page,
    *,
    key: Callable[[Row], tuple[SortKey, str]],
    show: Callable[[Row], Any],
) -> Response:
    """`{"items", "next"}` and, where there is a next page, its Link (RFC 8288).

    `rows`: up to limit + 1 of them, as `keyset` fetches; `key`: a row's (sort key, id); `show`: a row as
    JSON.
    """
    shown, cursor = rows[: page.limit], next_cursor(rows, page, key=key)
    response = Response(
        json.dumps({"items": [show(row) for row in shown], "next": cursor}), mimetype="application/json"
    )
    if cursor is not None:
        query = urlencode(
            [*((n, v) for n, v in request.args.items(True) if n != "cursor"), ("cursor", cursor)]
        )
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


def _encode(after: tuple[SortKey, str]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(after)).decode("ascii").rstrip("=")


def _decode(cursor: str, sort_key: type[SortKey]) -> tuple[SortKey, str]:
    if not _BASE64.fullmatch(cursor):
        raise BadCursor
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key, id = msgspec.json.decode(text, type=tuple[SortKey, str])
    except (ValueError, msgspec.DecodeError) as error:
        raise BadCursor from error
    # What no database column can hold was never in a cursor of ours.
    if (
        type(key) is not sort_key
        or "\0" in id
        or "\0" in str(key)
        or (type(key) is int and key >> 63 not in (0, -1))
    ):
        raise BadCursor
    return key, id
