"""A province's workbook: 50,000 rows, read without holding them."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

from openpyxl import Workbook

ROWS = 50_000
MEGABYTE = 2**20
HEADERS = """Số giấy chứng nhận|Ngày cấp|Ngày chấp hành xong|Ngày về cư trú|Chấp hành pháp luật
|Tham gia tệ nạn xã hội|Nhu cầu vay|Mục đích|Số tiền|Ghi chú""".replace("\n", "").split("|")

# Run by itself, so that what other tests have allocated does not count.
READ = """
import json, sys
from datetime import date
from pathlib import Path
import psutil
from services.police.intake.check import check_rows

memory = psutil.Process().memory_info
before, early, taken, refused = memory().rss, 0, 0, []
for count, row in enumerate(check_rows(Path(sys.argv[1]), today=date(2026, 3, 5), communes={"99901": "Xã Một"}), 1):
    if row.data is None:
        refused.append((row.row, row.errors[0].code))
    else:
        taken += 1
    if count == 5_000:
        early = memory().rss
json.dump({"taken": taken, "refused": refused, "held": early - before, "grown": memory().rss - early}, sys.stdout)
"""


def test_50_000_rows_are_checked_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(
        ["Họ và tên", "Ngày sinh", "Giới tính", "Số định danh", "Thôn/tổ dân phố", "Xã", "Diện", *HEADERS]
    )
    day = date(2024, 5, 10)
    for number in range(ROWS):
        person = [
            "Nguyễn Văn Giả",
            1985,
            "Nam",
            f"999{number % (ROWS - 1):09}",
            "Thôn Một",
            "99901",
            "Đặc xá",
        ]
        release = [f"{number}/GCN", day, day, day, "tốt", "không", "có", "sản xuất kinh doanh", 50_000_000]
        sheet.append([*person, *release, f"ghi chú {number}"])
    book.save(path)

    child = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, check=True, timeout=120)
    found = json.loads(child.stdout)

    assert found["taken"] == ROWS - 1
    assert found["refused"] == [[ROWS + 1, "duplicate_in_file"]]  # the last row repeats the first number
    assert found["held"] < 120 * MEGABYTE  # shared strings and styles, which the format keeps apart from rows
    assert found["grown"] < 30 * MEGABYTE  # the hashes of the persons seen
