"""The generic refusals, by stable code. Values are not repeated in them: the report has the value beside."""

from shared.sheets.text import Text

MESSAGES: dict[str, Text] = {
    # the file
    "file_missing": Text("Không tìm thấy tệp {name}.", "There is no file {name}."),
    "file_kind": Text(
        "Tệp {name} không phải .xlsx hoặc .csv; hãy lưu lại bằng một trong hai dạng này.",
        "{name} is neither .xlsx nor .csv; save it as one of these.",
    ),
    "file_too_large": Text(
        "Tệp lớn hơn giới hạn {limit} MB.",
        "The file is larger than the limit of {limit} MB.",
    ),
    "file_empty": Text("Tệp trống: không có dòng tiêu đề.", "The file is empty: it has no header row."),
    "file_not_workbook": Text(
        "Tệp không phải bảng tính Excel .xlsx (nội dung khác với đuôi tệp).",
        "The file is not an Excel .xlsx workbook (its content differs from its name).",
    ),
    "file_old_excel": Text(
        "Tệp là Excel dạng cũ (.xls); hãy lưu lại thành .xlsx.",
        "The file is an old Excel workbook (.xls); save it as .xlsx.",
    ),
    "file_encrypted": Text(
        "Bảng tính có mật khẩu; hãy bỏ mật khẩu rồi nhập lại.",
        "The workbook is protected by a password; remove it and import again.",
    ),
    "file_broken": Text(
        "Bảng tính bị hỏng, không đọc được ({reason}); hãy mở bằng Excel và lưu lại.",
        "The workbook is damaged and cannot be read ({reason}); open it in Excel and save it again.",
    ),
    "file_unpacks_too_large": Text(
        "Bảng tính khi giải nén vượt giới hạn cho phép ({part}); tệp bị từ chối vì lý do an toàn.",
        "The workbook unpacks beyond the limits ({part}); it is refused for safety.",
    ),
    "file_not_utf8": Text(
        "Tệp .csv không dùng bảng mã UTF-8; trong Excel hãy chọn “CSV UTF-8”.",
        "The .csv file is not UTF-8; in Excel choose “CSV UTF-8”.",
    ),
    "file_csv_malformed": Text(
        "Tệp .csv sai định dạng ở dòng văn bản {line}: dấu nháy kép không đóng, hoặc một ô quá dài.",
        "The .csv file is malformed at text line {line}: a quote that is not closed, or a cell far too long.",
    ),
    "sheet_none": Text("Bảng tính không có trang nào hiển thị.", "The workbook has no visible sheet."),
    "sheet_several": Text(
        "Nhiều trang có dữ liệu: {names}. Hãy chỉ để lại (hoặc chỉ để hiển thị) một trang.",
        "Several sheets hold data: {names}. Keep one of them (or hide the others).",
    ),
    "sheet_too_many_rows": Text("Có hơn {limit} dòng dữ liệu.", "There are more than {limit} rows of data."),
    "sheet_too_many_columns": Text(
        "Có dữ liệu ngoài cột thứ {limit}.",
        "There are data beyond column number {limit}.",
    ),
    # the header row
    "header_unknown": Text(
        "Không có cột nào tên như vậy. Các cột còn chưa thấy: {expected}.",
        "No column has this name. Columns not found so far: {expected}.",
    ),
    "header_missing": Text("Thiếu cột bắt buộc này.", "This required column is missing."),
    "header_duplicate": Text(
        "Cột này có hai lần (lần đầu ở cột {first}).",
        "This column is there twice (first in column {first}).",
    ),
    "header_blank": Text(
        "Cột {letter} có dữ liệu nhưng không có tiêu đề ở dòng {header_row}.",
        "Column {letter} holds data but has no header in row {header_row}.",
    ),
    "header_merged": Text(
        "Ô tiêu đề bị gộp ({range}); mỗi cột cần một ô tiêu đề riêng.",
        "The header cells {range} are merged; each column needs its own.",
    ),
    "cells_merged": Text(
        "Các ô {range} bị gộp; hãy bỏ gộp và ghi đủ từng dòng.",
        "The cells {range} are merged; unmerge them and fill in every row.",
    ),
    # a cell of any kind
    "cell_formula": Text(
        "Ô chứa công thức; hãy dán lại dưới dạng giá trị.",
        "The cell holds a formula; paste it again as a value.",
    ),
    "cell_fault": Text("Ô báo lỗi của Excel.", "The cell shows an Excel error."),
    "cell_too_long": Text("Ô dài hơn {limit} ký tự.", "The cell is longer than {limit} characters."),
    # by type
    "text_expected": Text(
        "Cần văn bản, nhưng ô là ngày, số lẻ hoặc đúng/sai; hãy định dạng ô là Văn bản rồi gõ lại.",
        "Text is expected, but this is a date, a fraction or true/false; format the cell as Text and retype.",
    ),
    "date_not_understood": Text(
        "Không hiểu ngày này; hãy ghi ngày/tháng/năm, ví dụ 05/01/2026.",
        "This date is not understood; write day/month/year, for example 05/01/2026.",
    ),
    "date_two_digit_year": Text(
        "Năm phải ghi đủ bốn chữ số, ví dụ 05/01/2026.",
        "The year must have four digits, for example 05/01/2026.",
    ),
    "date_impossible": Text(
        "Không có ngày này trong lịch (thứ tự là ngày/tháng/năm).",
        "There is no such day in the calendar (the order is day/month/year).",
    ),
    "date_out_of_range": Text(
        "Năm phải từ {first} đến {last}.",
        "The year must be from {first} to {last}.",
    ),
    "date_has_time": Text("Ô có cả giờ; chỉ ghi ngày.", "The cell has a time of day; give the date only."),
    "digits_wrong": Text(
        "Phải có đúng {length} chữ số (được có dấu cách).",
        "Exactly {length} digits are expected (blanks are allowed).",
    ),
    "digits_lost": Text(
        "Excel đã làm mất chữ số của số này; hãy định dạng ô là Văn bản rồi ghi đủ {length} chữ số.",
        "Excel has lost digits of this number; format the cell as Text and type all {length} digits.",
    ),
    "amount_not_understood": Text(
        "Không hiểu số tiền này; hãy ghi số đồng, ví dụ 50.000.000.",
        "This amount is not understood; write whole đồng, for example 50.000.000.",
    ),
    "amount_negative": Text("Số tiền không được âm.", "The amount must not be negative."),
    "amount_fraction": Text(
        "Số tiền phải là số đồng nguyên; dấu chấm (hoặc phẩy) chỉ dùng để tách từng nhóm ba chữ số.",
        "The amount must be whole đồng; a dot (or comma) may only separate groups of three digits.",
    ),
    "amount_mixed_separators": Text(
        "Số tiền dùng lẫn dấu chấm và dấu phẩy.",
        "The amount mixes dots and commas.",
    ),
    "amount_too_large": Text(
        "Số tiền lớn hơn {limit} đồng.",
        "The amount is larger than {limit} đồng.",
    ),
    "integer_not_understood": Text(
        "Cần một số nguyên không âm.", "A whole number, not negative, is expected."
    ),
    "choice_unknown": Text("Giá trị phải là một trong: {expected}.", "The value must be one of: {expected}."),
}
