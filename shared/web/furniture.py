"""What every page has: header, navigation, the simulated day; and how figures and days are written."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import Flask, g, request, url_for
from jinja2 import StrictUndefined

from shared.log.clock import LOCAL, local_day
from shared.web.auth import ROLES_VI
from shared.web.face import face

ABSENT = "—"


def vnd(amount: int | None) -> str:
    """Whole đồng, as `50.000.000 ₫` with a space that does not break."""
    if amount is None:
        return ABSENT
    return f"{amount:,}".replace(",", ".") + "\N{NO-BREAK SPACE}₫"


def day(value: date | str | None) -> str:
    """A local calendar date (or its ISO form) as `dd/mm/yyyy`. Raises TypeError for an instant."""
    if value is None:
        return ABSENT
    if isinstance(value, datetime):
        raise TypeError(f"{value!r} is an instant; show it with the filter “moment”")
    value = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{value:%d/%m/}{value.year:04}"


def moment(value: datetime | str | None) -> str:
    """An instant (or its ISO form) as local time, `dd/mm/yyyy HH:MM`. Raises ValueError without a zone."""
    if value is None:
        return ABSENT
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    if value.tzinfo is None:
        raise ValueError(f"{value!r} does not say in which time zone")
    local = value.astimezone(LOCAL)
    return f"{day(local.date())} {local:%H:%M}"


def install(app: Flask) -> None:
    files = sorted(Path(app.static_folder or "").iterdir())
    version = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]

    @app.url_defaults
    def _with_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":  # browsers keep these files; after an upgrade they must ask anew
            values.setdefault("v", version)

    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters.update(vnd=vnd, day=day, moment=moment)
    app.context_processor(_around_every_page)


def _around_every_page() -> dict[str, Any]:
    ours, user = face(), g.get("user")
    simulated = local_day(ours.clock()) if ours.stepped else None
    return {
        "agency": ours.agency,
        "agency_title": ours.title,
        "signed_in": user,
        "office_name": ours.office_name(user.office) if user else None,
        "role_name": ROLES_VI[user.role] if user else None,
        "simulated_day": simulated,
        "navigation": [_link(link.label, url_for(link.endpoint)) for link in ours.links] if user else [],
    }


def _link(label: str, url: str) -> dict[str, Any]:
    return {"label": label, "url": url, "here": request.path == url or request.path.startswith(url + "/")}
