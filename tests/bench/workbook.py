"""A workbook of released persons, as large as a province's."""

from datetime import date
from pathlib import Path

from openpyxl import Workbook

from tests.bench.offices import COMMUNE

HEADERS = (
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Số định danh",
    "Thôn/tổ dân phố",
    "Xã",
    "Diện",
    "Số giấy chứng nhận",
    "Ngày cấp",
    "Ngày chấp hành xong",
    "Ngày về cư trú",
    "Chấp hành pháp luật",
    "Tham gia tệ nạn xã hội",
    "Nhu cầu vay",
    "Mục đích",
    "Số tiền",
)


def write_workbook(path: Path, persons: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADERS)
    released = date(2024, 5, 10)
    for number in range(persons):
        who = ["Nguyễn Văn Giả", 1985, "Nam", f"999{number:09}", "Thôn Một", COMMUNE, "Đặc xá"]
        release = [f"{number}/GCN", released, released, released]
        sheet.append([*who, *release, "tốt", "không", "có", "sản xuất kinh doanh", 50_000_000])
    book.save(path)
