"""Lists come in pages that stay right while rows come in."""

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from shared.web.paging import BadCursor, Page, keyset, page_asked, page_response
from tests.unit.web_office import Office, opened


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as office:
        yield office


def add(office: Office, *names: str) -> None:
    start = office.names.execute("SELECT count(*) FROM names").fetchone()[0]
    rows = [(name, f"{start + n:04}") for n, name in enumerate(names)]
    office.names.executemany("INSERT INTO names VALUES (?, ?)", rows)


def get(office: Office, query: str = "") -> TestResponse:
    return office.client().get("/api/names" + query, headers=office.bearer("officer"))


def walk(office: Office, limit: int) -> list[str]:
    """All items, by following the Link headers."""
    path, items = f"/api/names?limit={limit}&colour=blue", list[str]()
    for _ in range(1000):
        answer = office.client().get(path, headers=office.bearer("officer"))
        assert answer.json is not None
        items += answer.json["items"]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.json["next"] is None)
        if link is None:
            return items
        assert link.endswith('; rel="next"')
        path = link.split(">")[0].removeprefix("<")
        assert "colour=blue" in path
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 50])
def test_following_the_links_gives_every_row_once_in_order(office: Office, limit: int) -> None:
    add(office, "Bình", "An", "An", "Ánh", "An")
    assert walk(office, limit) == ["0001", "0002", "0004", "0000", "0003"]


def test_a_row_that_comes_in_meanwhile_moves_nothing_already_seen(office: Office) -> None:
    add(office, "B", "D", "F")
    first = get(office, "?limit=2")
    assert first.json is not None
    add(office, "A", "E")
    second = get(office, "?limit=2&cursor=" + first.json["next"])
    assert second.json is not None
    assert first.json["items"] + second.json["items"] == ["0000", "0001", "0004", "0002"]


def test_fifty_rows_unless_asked_otherwise(office: Office) -> None:
    add(office, *(["x"] * 60))
    answer = get(office)
    assert answer.json is not None
    assert len(answer.json["items"]) == 50


def test_an_empty_list_is_one_empty_page(office: Office) -> None:
    answer = get(office)
    assert answer.json == {"items": [], "next": None}
    assert "Link" not in answer.headers


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "", "٣", "99999"])
def test_a_limit_outside_the_bounds_is_refused(office: Office, limit: str) -> None:
    answer = get(office, f"?limit={limit}")
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"] == "/limit"


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "garbage!",
        "%00",
        "A" * 5000,
        encoded("An"),
        encoded(["An"]),
        encoded(["An", "1", "2"]),
        encoded([1, "1"]),
        encoded([True, "1"]),
        encoded([None, "1"]),
        encoded(["An", 1]),
        encoded(["A\0n", "1"]),
        encoded(["An", "\0"]),
        base64.urlsafe_b64encode(b'["\\ud800","1"]').decode().rstrip("="),
        base64.urlsafe_b64encode(b'["\xff","1"]').decode().rstrip("="),
    ],
)
def test_a_cursor_that_we_did_not_give_is_refused(office: Office, cursor: str) -> None:
    answer = get(office, f"?cursor={cursor}")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["code"] == "bad_cursor"


@given(
    cursor=st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode())
)
def test_any_text_is_a_cursor_or_is_refused(cursor: str) -> None:
    with Flask("t").test_request_context(query_string={"cursor": cursor}):
        try:
            after = page_asked().after
        except BadCursor:
            return
        assert after is not None
        assert [type(part) for part in after] == [str, str]


@given(
    rows=st.sets(st.tuples(st.integers(-(2**63), 2**63 - 1), st.text(min_size=1, max_size=5)), max_size=12)
)
def test_pages_by_number_downwards_give_every_row_once(rows: set[tuple[int, str]]) -> None:
    listed = [(number, name.replace("\0", "0")) for number, name in rows]
    unique = {name: (number, name) for number, name in listed}
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE t (due INTEGER NOT NULL, id TEXT PRIMARY KEY)")
    db.executemany("INSERT INTO t VALUES (?, ?)", unique.values())
    app, seen, query = Flask("t"), list[tuple[int, str]](), {"limit": "2"}
    for _ in range(len(unique) + 1):
        with app.test_request_context(query_string=query):
            page = page_asked(sort_key=int)
            sql, given_ = keyset(
                "SELECT due, id FROM t WHERE 1 = ?", [1], page, sort="due", id="id", descending=True
            )
            found = db.execute(sql, given_).fetchall()
            answer = page_response(found, page, key=lambda row: (row[0], row[1]), show=lambda row: row)
        assert answer.json is not None
        seen += [tuple(item) for item in answer.json["items"]]
        if answer.json["next"] is None:
            break
        query["cursor"] = answer.json["next"]
    db.close()
    assert sorted(seen) == sorted(unique.values())
    assert [due for due, _ in seen] == sorted((due for due, _ in seen), reverse=True)


def test_a_number_that_no_column_can_hold_is_no_cursor() -> None:
    for number in (2**63, -(2**63) - 1):
        text = base64.urlsafe_b64encode(f'[{number},"1"]'.encode()).decode()
        with (
            Flask("t").test_request_context(query_string={"cursor": text.rstrip("=")}),
            pytest.raises(BadCursor),
        ):
            page_asked(sort_key=int)


def test_the_drivers_placeholder_is_used_and_only_columns_are_columns() -> None:
    page = Page(10, ("An", "1"))
    sql, given_ = keyset("SELECT name, id FROM names", [], page, sort="name", id="id", mark="%s")
    assert sql.count("%s") == 3
    assert given_ == ["An", "1", 11]
    with pytest.raises(ValueError, match="not a column"):
        keyset("SELECT 1", [], page, sort="name; DROP TABLE names", id="id")
