"""The browsable API: Swagger UI from its package, served from here, for people who are signed in."""

from importlib import resources
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, send_from_directory, url_for

pages = Blueprint("api_pages", __name__, url_prefix="/api/docs")

# Swagger UI sets styles on its elements and draws icons from data: addresses; scripts are ours alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ASSETS = frozenset({"swagger-ui-bundle.js", "swagger-ui.css"})


@pages.get("/")
def page() -> Response:
    response = make_response(render_template("docs.html", spec=url_for("api-docs.openapi_json")))
    response.headers["Content-Security-Policy"] = POLICY
    return response


@pages.get("/<any(" + ", ".join(f"{name!r}" for name in sorted(_ASSETS)) + "):name>")
def asset(name: str) -> Response:
    # The package's version decides what the file is; a browser may keep it for a day.
    return send_from_directory(_folder(), name, max_age=24 * 60 * 60)


def _folder() -> Path:
    return Path(str(resources.files("flask_swagger_ui") / "dist"))
