"""The field's own words on screen: Vietnamese for what the published language says in codes."""

from collections.abc import Mapping

EVENTS = {
    "PersonReleased": "Có người về cư trú",
    "ReleaseCorrected": "Đính chính thông tin người về cư trú",
    "ReleaseRetracted": "Hủy thông tin người về cư trú (ghi nhầm)",
    "ResidenceRegistered": "Cập nhật nơi ở hoặc số định danh",
    "ResidenceTransferred": "Chuyển nơi cư trú",
    "ListSentForConfirmation": "Công an gửi danh sách đề nghị xác nhận",
    "ListSubmitted": "Danh sách đã chuyển Ngân hàng",
    "ListOverdue": "Danh sách quá hạn",
    "ListEntryWithdrawn": "Rút một người khỏi danh sách",
    "EligibilityEnded": "Một người không còn đủ điều kiện",
    "ListEntryCorrected": "Đính chính một dòng danh sách",
    "ListConfirmed": "UBND xã xác nhận danh sách",
    "ListReturned": "UBND xã trả lại danh sách",
    "ListAcknowledged": "Ngân hàng tiếp nhận danh sách",
    "ListEntryRejected": "Ngân hàng không nhận một người trong danh sách",
    "LoanApproved": "Phê duyệt cho vay",
    "LoanRefused": "Từ chối cho vay",
    "LoanDisbursed": "Giải ngân",
    "DebtRecovered": "Thu hồi nợ gốc",
    "DebtRecoveryReversed": "Hủy bút toán thu nợ gốc",
    "LoanBecameOverdue": "Chuyển nợ quá hạn",
    "LoanSettled": "Tất toán khoản vay",
    "ChannelDigest": "Đối chiếu kênh",
}

STAGES = {
    "released": "Đã về cư trú",
    "with_commune": "UBND xã đang xem xét",
    "with_bank": "Ngân hàng đang xem xét",
    "ended": "Đã rút / không còn đủ điều kiện",
    "rejected": "Ngân hàng không nhận",
    "refused": "Từ chối cho vay",
    "approved": "Đã phê duyệt",
    "borrowing": "Đang vay",
    "overdue": "Quá hạn",
    "settled": "Đã tất toán",
    "retracted": "Đã hủy (ghi nhầm)",
}

MONTH_STATES = {
    "open": "Công an đang lập",
    "with_commune": "UBND xã đang xác nhận",
    "returned": "UBND xã trả lại, Công an sửa",
    "confirmed": "Đã xác nhận, chờ Công an chuyển Ngân hàng",
    "submitted": "Đã chuyển Ngân hàng",
    "acknowledged": "Ngân hàng đã tiếp nhận",
}

HOLDERS = {"police": "Công an xã", "commune": "UBND xã", "bank": "Ngân hàng"}

DUTIES = {
    "list": "Chuyển danh sách tháng cho Ngân hàng",
    "confirmation": "UBND xã xác nhận hoặc trả lại danh sách",
}

DUTY_STATES = {"open": "Còn hạn", "overdue": "Quá hạn", "met": "Đúng hạn", "met_late": "Xong, trễ hạn"}

CODES = {
    "training": "Đào tạo nghề",
    "production": "Sản xuất, kinh doanh",
    "sentence_completed": "Chấp hành xong án phạt tù",
    "amnesty": "Đặc xá",
    "conditional_release": "Tha tù trước thời hạn có điều kiện",
    "male": "Nam",
    "female": "Nữ",
    "confirmed": "Xác nhận",
    "struck": "Gạch tên",
    "not_resident": "Không cư trú tại xã",
    "not_law_abiding": "Chưa chấp hành tốt pháp luật",
    "social_evils": "Tham gia tệ nạn xã hội",
    "no_wish": "Không có nhu cầu",
    "wrong_particulars": "Sai thông tin",
    "listed_twice": "Trùng tên",
    "missing_document": "Thiếu giấy tờ",
    "wrong_month": "Sai tháng",
    "entry_missing": "Thiếu người",
    "other_commune": "Người của xã khác",
    "outside_five_years": "Quá 05 năm kể từ khi chấp hành xong án phạt tù",
    "same_purpose_debt": "Còn dư nợ chương trình khác cùng mục đích",
    "not_found": "Không tìm thấy",
    "over_ceiling": "Vượt mức cho vay",
    "art_3_conditions": "Không đủ điều kiện (Điều 3)",
    "art_3_3_same_purpose": "Còn dư nợ cùng mục đích (Điều 3 khoản 3)",
    "art_6_ceiling": "Vượt mức cho vay (Điều 6)",
    "plan_or_capacity": "Phương án hoặc khả năng trả nợ",
    "capital": "Chưa có nguồn vốn",
    "in_term": "trong hạn",
    "overdue": "quá hạn",
    "frozen": "khoanh",
    "written_off": "đã xóa",
    "entered_in_error": "Ghi nhầm",
    "duplicate": "Trùng",
    "not_our_commune": "Không thuộc xã",
    "police": "Công an xã",
    "commune": "UBND xã",
}
"""Coded values that events carry."""

FIELDS = {
    "particulars": "Nhân thân",
    "ground": "Diện",
    "certificate_no": "Số giấy chứng nhận",
    "certificate_issued_on": "Ngày cấp",
    "completed_on": "Ngày chấp hành xong",
    "probation_ends_on": "Ngày hết thử thách",
    "resident_since": "Ngày về cư trú",
    "reason": "Lý do",
    "to_commune": "Chuyển đến xã",
    "transferred_on": "Ngày chuyển",
    "month": "Tháng",
    "round": "Lần",
    "entries": "Số người",
    "annex": "Phụ lục",
    "decisions": "Quyết định từng người",
    "content_hash": "Mã băm nội dung",
    "document_no": "Số văn bản",
    "document_on": "Ngày văn bản",
    "signer_name": "Người ký",
    "signer_title": "Chức danh",
    "due_on": "Hạn",
    "holder": "Cơ quan đang giữ",
    "held_since": "Giữ từ",
    "ended_on": "Từ ngày",
    "acknowledged_on": "Ngày tiếp nhận",
    "rejected_on": "Ngày",
    "purpose": "Mục đích",
    "amount": "Số tiền",
    "term_months": "Thời hạn (tháng)",
    "study_months": "Số tháng học",
    "approved_on": "Ngày phê duyệt",
    "grounds": "Căn cứ",
    "refused_on": "Ngày từ chối",
    "tranche_no": "Lần giải ngân",
    "principal": "Dư nợ gốc",
    "disbursed_on": "Ngày giải ngân",
    "part": "Loại nợ",
    "recovered_on": "Ngày thu",
    "reversed_on": "Ngày hủy",
    "overdue_since": "Quá hạn từ",
    "settled_on": "Ngày tất toán",
    "returned_on": "Ngày trả lại",
    "reasons": "Lý do",
    "commune": "Xã",
    "entry": "Dòng danh sách",
    "full_name": "Họ và tên",
    "birth": "Ngày sinh",
    "sex": "Giới tính",
    "identity_number": "Số định danh",
    "hamlet": "Thôn/tổ dân phố",
    "decision": "Quyết định",
    "conduct_good": "Chấp hành pháp luật tốt",
    "social_evils": "Tham gia tệ nạn xã hội",
}

_HIDDEN = frozenset(
    {
        "person_id",
        "entry_id",
        "list_id",
        "loan_id",
        "posting_id",
        "salt",
        "content_hash",
        "round",
        "commune",
    }
)


def described(data: dict[str, object], communes: Mapping[str, str]) -> list[tuple[str, str]]:
    """An event's data as (label, text) for a page: ids left out, codes, dates and amounts as people write them.

    `communes`: names by code.
    """
    rows = []
    for field, value in data.items():
        if field in _HIDDEN or value is None or value == []:
            continue
        if isinstance(value, dict):
            rows += described(value, communes)
        elif isinstance(value, list):
            rows += [row for line in value if isinstance(line, dict) for row in described(line, communes)]
        else:
            rows.append((FIELDS.get(field, field), _text(field, value, communes)))
    return rows


def _text(field: str, value: object, communes: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, int):
        money = field in ("amount", "principal")
        return f"{value:,}".replace(",", ".") + (" ₫" if money else "")
    text = str(value)
    if field == "month":
        return f"{text[5:]}/{text[:4]}"
    if field == "to_commune":
        return communes.get(text, text)
    if (field.endswith(("_on", "_since")) or field == "birth") and len(text) == 10:
        return "/".join(reversed(text.split("-")))
    return CODES.get(text, text)
