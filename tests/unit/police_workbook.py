"""Workbooks for the police's import, and an office that imports them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from services.police.application.imports import import_file
from services.police.application.lists import desk_key
from services.police.import_run import ImportDesk
from services.police.service import AGENCY
from services.police.views import views
from shared.agreement.parties import Party
from shared.hosting.definition import ImportOptions, Service
from shared.log.views import ViewStore
from shared.sheets.report import Report
from shared.web.identity import Users
from tests.unit.police_office import AGREEMENT, COMMUNE, OFFICER, POLICE, Office

ROW: dict[str, str] = {
    "Họ và tên": "Nguyễn Văn Giả Định",
    "Ngày sinh": "02/03/1985",
    "Giới tính": "Nam",
    "Số định danh": "999085000123",
    "Thôn/tổ dân phố": "Thôn Một",
    "Xã": COMMUNE,
    "Diện": "Chấp hành xong án phạt tù",
    "Số giấy chứng nhận": "0123/GCN",
    "Ngày cấp": "10/05/2024",
    "Ngày chấp hành xong": "10/05/2024",
    "Ngày hết thử thách": "",
    "Ngày về cư trú": "12/05/2024",
    "Chấp hành pháp luật": "tốt",
    "Tham gia tệ nạn xã hội": "không",
    "Nhu cầu vay": "có",
    "Mục đích": "sản xuất kinh doanh",
    "Số tiền": "50.000.000",
    "Số tháng học": "",
    "Ghi chú": "",
}
BAD = {"Số tiền": "50.00"}


def row(number: int | None = None, **changed: str) -> dict[str, str]:
    """A good row of person `number`, but for what is `changed` (headers with _ for blanks)."""
    own = (
        {}
        if number is None
        else {"Số định danh": f"999085{number:06}", "Số giấy chứng nhận": f"{number}/GCN"}
    )
    made = ROW | own | {header.replace("_", " "): value for header, value in changed.items()}
    if made.keys() != ROW.keys():
        raise TypeError(f"no such columns: {made.keys() - ROW.keys()}")
    return made


def sheet(*rows: dict[str, str]) -> bytes:
    """As a .csv file, whose first row of data is row 2."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


class Importer:
    """Imports for offices that are hosted together on one log; `folder` may be one that was used before."""

    def __init__(self, folder: Path, *offices: Party) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.office = Office(folder)
        self.users = Users(folder / "users.sqlite", method="scrypt:1024:8:1")
        self.service = Service(
            AGENCY,
            AGREEMENT,
            self.office.calendar,
            offices or (POLICE,),
            self.office.log,
            self.office.views,
            self.users,
            self.office.log.clock,
        )

    def take(
        self,
        content: bytes,
        *,
        name: str = "thang-3.csv",
        offices: Sequence[Party] = (),
        **options: Any,
    ) -> Report:
        given = replace(ImportOptions(OFFICER.username), **options)
        return import_file(self.service, offices or self.service.offices, name, io.BytesIO(content), given)

    def counts(self, content: bytes, **options: Any) -> dict[str, int]:
        """What was counted, without what is 0."""
        report = self.take(content, **options).as_dict()
        return {name: count for name, count in report.items() if name != "errors" and count}

    def person(self, number: int) -> UUID:
        """The case of person `number`."""
        with self.service.views.reading() as db:
            certificate = f"{number}/GCN"
            found = db.execute("SELECT person_id FROM police_persons WHERE certificate_no=?", (certificate,))
            return UUID(found.fetchone()[0])

    def register(self) -> list[tuple[Any, ...]]:
        """Everybody in the register, without what is made up anew each time."""
        with self.service.views.reading() as db:
            rows = db.execute(
                "SELECT * FROM police_persons ORDER BY office, identity_number, full_name"
            ).fetchall()
        return [tuple(r[key] for key in r.keys() if key not in ("case_key", "person_id")) for r in rows]  # noqa: SIM118

    def rebuilt(self, folder: Path) -> dict[str, list[tuple[object, ...]]]:
        """The views, folded anew from the log."""
        folder.mkdir()
        store = ViewStore(folder, self.office.log, views(AGREEMENT))
        store.rebuild()
        return store.dump()

    def close(self) -> None:
        self.users.close()
        self.office.log.close()


def desk(importer: Importer, office: str = POLICE.code) -> ImportDesk:
    return importer.office.log.get(ImportDesk, desk_key(office))


def said(report: Report) -> list[tuple[int | None, str, str, str]]:
    return [(error.row, error.column, error.value, error.code) for error in report.errors]
