"""A small office with one user per role, a few resources and a page: what the tests of the web face act on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import marshmallow as ma
import pytest
from eventsourcing.persistence import OperationalError
from flask import Blueprint, Flask, Request, Response, abort, render_template_string
from flask.testing import FlaskClient

from shared.agreement.acting import Command, Role, User
from shared.agreement.errors import (
    FieldMessage,
    KeyReused,
    NotFound,
    Parked,
    Refused,
    StaleVersion,
    Unavailable,
)
from shared.web.api import ApiBlueprint
from shared.web.app import create_app, mount
from shared.web.auth import current_peer, current_user, require
from shared.web.commands import command, command_response, resource_response
from shared.web.face import Link
from shared.web.identity import Users, WrongCredentials
from shared.web.paging import keyset, page_asked, page_response

PASSWORD = "tháng ba mưa phùn"
FAST = "scrypt:1024:8:1"  # for tests only: the cost is not what they are about
NOON = datetime(2026, 3, 7, 5, tzinfo=UTC)
SECRET = "012345678901 Nguyễn Văn Giả"


class Hands:
    """A clock that the test moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


LAN = User("lan", "Nguyễn Thị Lan", "Trưởng Công an xã", "ca-hoadong", Role.LEADER)


def enrol(users: Users, username: str = "lan", password: str = PASSWORD) -> User:
    return users.add(username, password, name=LAN.name, title=LAN.title, office=LAN.office, role=Role.LEADER)


def fail(users: Users, times: int, now: datetime = NOON, username: str = "lan") -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            users.sign_in(username, "sai mật khẩu", now)


class FiveYearsPassed(Refused):
    code = "five_years_passed"


class WishSchema(ma.Schema):
    name = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=20))
    amount = ma.fields.Integer(strict=True, validate=ma.validate.Range(min=1, max=100))
    born = ma.fields.Date()
    months = ma.fields.List(ma.fields.Integer())

    @ma.validates("name")
    def _has_no_digit(self, value: str, **_: object) -> None:
        if any(letter.isdigit() for letter in value):
            raise ma.ValidationError(
                FieldMessage("digit_in_name", "Tên không có chữ số.", "No digits in a name.")
            )


def cases_api(commands: list[Command]) -> ApiBlueprint:
    api = ApiBlueprint("cases", __name__, url_prefix="/api/cases", description="Hồ sơ")

    @api.route("", methods=["POST"])
    @command()
    @api.arguments(WishSchema)
    @api.response(201, WishSchema)
    def open_case(wish: dict[str, Any], *, command: Command) -> Response:
        """Mở hồ sơ"""
        replayed = any(c.key == command.key and c.user == command.user for c in commands)
        if any(c.key == command.key and c.body_hash != command.body_hash for c in commands):
            raise KeyReused(command.key)
        commands.append(command)
        return command_response(wish, 1, location="/api/cases/1", created=True, replayed=replayed)

    @api.route("/<int:number>", methods=["GET"])
    def show(number: int) -> Response:
        return resource_response({"number": number, "on": date(2026, 3, 7), "id": UUID(int=number)}, 3)

    @api.route("/<int:number>/decisions", methods=["POST"])
    @command(if_match=True)
    def decide(number: int, *, command: Command) -> Response:
        commands.append(command)
        if command.expected_version != 3:
            raise StaleVersion(command.expected_version or 0, 3)
        return command_response({"number": number}, 4)

    @api.route("/<int:number>/signature", methods=["GET"])
    @require(Role.LEADER)
    def signature(number: int) -> dict[str, object]:
        return {"number": number, "signer": current_user().name}

    return api


def troubles_api() -> ApiBlueprint:
    api = ApiBlueprint("troubles", __name__, url_prefix="/api/troubles")

    @api.route("/crash")
    def crash() -> str:
        raise RuntimeError(SECRET)

    @api.route("/away")
    def away() -> str:
        raise OperationalError(f"connection to server at {SECRET} failed")

    @api.route("/refused")
    def refused() -> str:
        raise FiveYearsPassed(
            "Đã quá 5 năm.",
            "Five years have passed.",
            rule="Điều 3 khoản 2 điểm a",
            completed_on="2021-01-02",
        )

    @api.route("/missing")
    def missing() -> str:
        raise NotFound("case", "42")

    @api.route("/parked")
    def parked() -> str:
        raise Parked(UUID(int=7))

    @api.route("/own")
    def own() -> str:
        abort(Response("an answer of its own", 418))

    @api.route("/busy")
    def busy() -> str:
        raise Unavailable("Đang bận.", "Busy.", retry_after=9)

    return api


def names_api(db: sqlite3.Connection) -> ApiBlueprint:
    api = ApiBlueprint("names", __name__, url_prefix="/api/names")

    @api.route("", methods=["GET"])
    def names() -> Response:
        page = page_asked()
        sql, given = keyset("SELECT name, id FROM names", (), page, sort="name", id="id")
        rows = db.execute(sql, given).fetchall()
        return page_response(rows, page, key=lambda row: (row[0], row[1]), show=lambda row: row[1])

    return api


def pages() -> Blueprint:
    blueprint = Blueprint("work", __name__)

    @blueprint.get("/work")
    def tasks() -> str:
        return render_template_string(
            "{% extends 'base.html' %}{% block content %}<p>{{ 50000000 | vnd }}</p>{% endblock %}"
        )

    @blueprint.get("/work/broken")
    def broken() -> str:
        raise RuntimeError(SECRET)

    return blueprint


def feed() -> Blueprint:
    blueprint = Blueprint("feed", __name__)

    @blueprint.get("/feed")
    def read() -> dict[str, str]:
        return {"peer": current_peer()}

    @blueprint.get("/feed/everybody")
    def everybody() -> str:
        return "facts"

    @blueprint.get("/feed/user")
    def user() -> str:
        return current_user().name

    return blueprint


def peer_of(request: Request) -> str | None:
    sent = request.authorization
    return "ubnd-hoadong" if sent is not None and sent.token == "peer-secret" else None


@dataclass
class Office:
    app: Flask
    users: Users
    clock: Hands
    machine_clock: Hands
    commands: list[Command]
    names: sqlite3.Connection

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def bearer(self, username: str) -> dict[str, str]:
        return {"Authorization": "Bearer " + self.users.sign_in(username, PASSWORD, self.machine_clock())}


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[Office]:
    users = Users(folder / "users.sqlite", method=FAST)
    for role in Role:
        users.add(
            role.value, PASSWORD, name=f"Nguyễn {role}", title="Chức danh", office="ca-hoadong", role=role
        )
    clock, machine_clock, commands = Hands(NOON), Hands(NOON), list[Command]()
    names = sqlite3.connect(":memory:", check_same_thread=False)
    names.execute("CREATE TABLE names (name TEXT NOT NULL, id TEXT PRIMARY KEY)")
    app = create_app(
        agency="police",
        title="Công an xã",
        users=users,
        clock=clock,
        machine_clock=machine_clock,
        **{"secret_loopback": True, **settings},
    )
    mount(
        app,
        api=[cases_api(commands), troubles_api(), names_api(names)],
        pages=[pages()],
        peers={feed(): peer_of},
        links=[Link("Việc cần làm", "work.tasks")],
    )
    try:
        yield Office(app, users, clock, machine_clock, commands, names)
    finally:
        users.close()
        names.close()
