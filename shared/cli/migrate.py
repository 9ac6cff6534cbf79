"""`migrate`: the tables of a log in PostgreSQL, and moving a log there."""

from pathlib import Path

import click
from rich.table import Table

from shared.agreement.parties import Agency
from shared.cli.console import out
from shared.cli.language import say
from shared.hosting.config import load_config

AGENCY = click.argument("agency", type=click.Choice([agency.value for agency in Agency]))


@click.group(help=say("Nâng cấp và di chuyển nơi lưu nhật ký.", "Upgrade and move where a log is kept."))
def migrate() -> None:
    pass


@migrate.command(
    "schema",
    help=say(
        "Tạo hoặc nâng cấp các bảng nhật ký trong PostgreSQL, với quyền của vai trò sở hữu.",
        "Make or upgrade the tables of a log in PostgreSQL, as the role that owns them.",
    ),
)
@AGENCY
@click.option(
    "--postgres",
    "dsn",
    help=say(
        "Chuỗi kết nối của dịch vụ, không có mật khẩu; mặc định lấy từ service.json.",
        "The service's connection string, without password; by default the one in service.json.",
    ),
)
@click.option(
    "--owner",
    help=say(
        "Vai trò sở hữu bảng; mặc định là tên vai trò của dịch vụ thêm _owner.",
        "The role that owns the tables; by default the service's with _owner added.",
    ),
)
@click.pass_obj
def schema(data: Path, agency: str, dsn: str | None, owner: str | None) -> None:
    from shared.log.schema import NEWEST, migrate_service  # noqa: PLC0415 - psycopg takes long to load

    where = dsn or load_config(data / agency).postgres
    if where is None:
        raise ValueError(
            say(
                f"Nhật ký của {agency} không ở trong PostgreSQL: cần --postgres.",
                f"The log of {agency} is not in PostgreSQL: --postgres is needed.",
            )
        )
    for step in migrate_service(where, owner):
        out.print(step)
    out.print(say(f"Các bảng ở bước {NEWEST}.", f"The tables stand at step {NEWEST}."))


@migrate.command(
    "sqlite-to-postgres",
    help=say(
        "Chép nhật ký của một dịch vụ đang dừng từ SQLite sang PostgreSQL, so sánh, rồi chuyển dịch vụ sang đó.",
        "Copy the log of a stopped service from SQLite to PostgreSQL, compare, then have the service use it.",
    ),
)
@AGENCY
@click.option(
    "--postgres",
    "dsn",
    required=True,
    help=say(
        "Chuỗi kết nối của dịch vụ, không có mật khẩu.", "The service's connection string, without password."
    ),
)
@click.pass_obj
def sqlite_to_postgres(data: Path, agency: str, dsn: str) -> None:
    from shared.hosting.moving import to_postgres  # noqa: PLC0415

    table = Table(say("Bảng", "Table"), say("Số dòng", "Rows"), "SHA-256")
    for copied in to_postgres(data / agency, dsn):
        table.add_row(copied.table, str(copied.rows), copied.digest)
    out.print(table)
    out.print(
        say(
            "Hai bản giống hệt nhau, các bảng tra cứu dựng lại cũng vậy. Dịch vụ nay dùng PostgreSQL.",
            "Both copies are equal, and so are the views rebuilt from the new one. The service now uses PostgreSQL.",
        )
    )


COMMANDS = (migrate,)
