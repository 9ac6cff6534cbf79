"""`users` and `peers`: who may sign in, and which party may read our feed."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from rich.table import Table

from shared.agreement.acting import Role
from shared.agreement.parties import Agency
from shared.cli.console import json_option, out, write_json
from shared.cli.language import say
from shared.hosting.config import load_config
from shared.messaging.credentials import PeerCredentials
from shared.web.identity import Users

AGENCY = click.argument("agency", type=click.Choice([agency.value for agency in Agency]))


@contextmanager
def users_of(data: Path, agency: str) -> Iterator[Users]:
    load_config(data / agency)
    with closing(Users(data / agency / "users.sqlite")) as users:
        yield users


@click.group(help=say("Người dùng của một dịch vụ.", "The users of a service."))
def users() -> None:
    pass


@users.command("list", help=say("Liệt kê người dùng.", "List the users."))
@AGENCY
@json_option
@click.pass_obj
def list_users(data: Path, agency: str, json_out: Path | None) -> None:
    with users_of(data, agency) as store:
        accounts = store.list()
    if json_out:
        return write_json(json_out, accounts)
    table = Table(
        say("Tài khoản", "Username"),
        say("Họ tên", "Name"),
        say("Đơn vị", "Office"),
        say("Vai trò", "Role"),
        "",
    )
    for account in accounts:
        user = account.user
        table.add_row(
            user.username,
            user.name,
            user.office,
            user.role,
            say("đã khóa", "disabled") if account.disabled else "",
        )
    out.print(table)
    return None


@users.command(
    "add",
    help=say(
        "Thêm người dùng; mật khẩu được sinh ra và chỉ hiện một lần.",
        "Add a user; a password is made and shown once.",
    ),
)
@AGENCY
@click.argument("username")
@click.option("--name", required=True, help=say("Họ và tên.", "Full name."))
@click.option(
    "--title", required=True, help=say("Chức danh, in dưới chữ ký.", "Title, printed under the signature.")
)
@click.option("--office", required=True, help=say("Mã đơn vị.", "Code of the office."))
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), required=True, help=say("Vai trò.", "Role.")
)
@click.pass_obj
def add_user(data: Path, agency: str, username: str, name: str, title: str, office: str, role: str) -> None:
    if office not in load_config(data / agency).offices:
        raise click.BadParameter(
            say(f"{office} không thuộc dịch vụ này.", f"{office} is not hosted by this service.")
        )
    password = secrets.token_urlsafe(12)
    with users_of(data, agency) as store:
        store.add(username, password, name=name, title=title, office=office, role=Role(role))
    out.print(say(f"Mật khẩu của {username}: ", f"Password of {username}: ") + password, soft_wrap=True)


@users.command("password", help=say("Đặt lại mật khẩu.", "Set a new password."))
@AGENCY
@click.argument("username")
@click.pass_obj
def reset_password(data: Path, agency: str, username: str) -> None:
    password = secrets.token_urlsafe(12)
    with users_of(data, agency) as store:
        store.set_password(username, password)
    out.print(say(f"Mật khẩu của {username}: ", f"Password of {username}: ") + password, soft_wrap=True)


@users.command("disable", help=say("Khóa tài khoản.", "Disable an account."))
@AGENCY
@click.argument("username")
@click.pass_obj
def disable_user(data: Path, agency: str, username: str) -> None:
    with users_of(data, agency) as store:
        store.disable(username)


@click.group(
    help=say(
        "Khóa bí mật của các bên được đọc kênh của ta.", "Secrets of the parties that may read our feed."
    )
)
def peers() -> None:
    pass


@peers.command(
    "grant",
    help=say(
        "Cấp khóa mới cho một bên (hai khóa cùng có hiệu lực khi thay).",
        "Give a party a new secret (two are valid while one is replaced).",
    ),
)
@AGENCY
@click.argument("party")
@click.pass_obj
def grant(data: Path, agency: str, party: str) -> None:
    load_config(data / agency)
    out.print(PeerCredentials(data / agency / "peers.json").grant(party), soft_wrap=True)


@peers.command("revoke", help=say("Thu hồi mọi khóa của một bên.", "Take back every secret of a party."))
@AGENCY
@click.argument("party")
@click.pass_obj
def revoke(data: Path, agency: str, party: str) -> None:
    load_config(data / agency)
    count = PeerCredentials(data / agency / "peers.json").revoke(party)
    out.print(say(f"Đã thu hồi {count} khóa.", f"{count} secrets taken back."))


COMMANDS = (users, peers)
