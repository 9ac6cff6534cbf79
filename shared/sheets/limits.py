"""How much of a file is read before it is refused."""

import msgspec

MAX_EXCEL_ROW = 1_048_576


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in bytes. `part_bytes`: of a part of a workbook that must be held in memory whole (shared
    strings, styles); `unzip_ratio`: unpacked size over packed size of any part above 1 MiB."""

    file_bytes: int = 64 * 2**20
    unzipped_bytes: int = 256 * 2**20
    part_bytes: int = 64 * 2**20
    unzip_ratio: int = 200
    parts: int = 2_000
    rows: int = 200_000
    columns: int = 200
    cell_chars: int = 5_000
