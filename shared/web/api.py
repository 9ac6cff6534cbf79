"""flask-smorest, dressed for this project: typed, strict about JSON, with problem responses documented."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import marshmallow as ma

from shared.web.body import StrictParser

R = TypeVar("R")
View = Callable[..., R]

if TYPE_CHECKING:
    import flask
    from apispec import APISpec

    SchemaLike = type[ma.Schema] | ma.Schema

    class _Blueprint(flask.Blueprint):
        """The part of flask_smorest.Blueprint that is used here; the library ships no types."""

        def __init__(
            self, name: str, import_name: str, *, url_prefix: str | None = None, description: str = ""
        ) -> None: ...

        def arguments(
            self, schema: SchemaLike, *, location: str = "json", **documented: object
        ) -> Callable[[View[R]], View[R]]: ...

        def response(
            self, status_code: int, schema: SchemaLike | None = None, **documented: object
        ) -> Callable[[View[R]], View[R]]: ...

        def alt_response(
            self, status_code: int, response: str | None = None, **documented: object
        ) -> Callable[[View[R]], View[R]]: ...

        @staticmethod
        def doc(**documented: object) -> Callable[[View[R]], View[R]]: ...

    class _Api:
        spec: APISpec

        def __init__(self, app: flask.Flask) -> None: ...

        def register_blueprint(self, blp: _Blueprint, **options: Any) -> None: ...

else:
    from flask_smorest import Api as _Api
    from flask_smorest import Blueprint as _Blueprint


class FieldProblemSchema(ma.Schema):
    pointer = ma.fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901)"})
    code = ma.fields.String(required=True)
    message = ma.fields.String(required=True)


class ProblemSchema(ma.Schema):
    """RFC 9457 problem details, as `shared.web.problems` writes them."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String()
    instance = ma.fields.String(metadata={"description": "The request's id"})
    code = ma.fields.String(required=True)
    rule = ma.fields.String(metadata={"description": "The article the refusal rests on"})
    facts = ma.fields.Dict(metadata={"description": "The figures that were compared"})
    errors = ma.fields.List(ma.fields.Nested(FieldProblemSchema))
    incident = ma.fields.String(metadata={"description": "With 500: the number to report"})


class ApiBlueprint(_Blueprint):
    """A resource of the API. Its JSON bodies are read by `shared.web.body`."""

    ARGUMENTS_PARSER = StrictParser()


class ProblemApi(_Api):
    """The API whose documented errors are problem+json; they are made by `shared.web.problems`."""

    def _register_error_handlers(self) -> None:
        """The app has its own handlers, for pages as well as for the API."""

    def _register_pagination_header(self) -> None:
        """Pages are told by `shared.web.paging`, not by the library's header."""

    def _register_responses(self) -> None:
        names = [(status.name, status.phrase) for status in HTTPStatus if status >= 400]
        for name, description in [*names, ("DEFAULT_ERROR", "An RFC 9457 problem")]:
            content: Mapping[str, object] = {"application/problem+json": {"schema": ProblemSchema}}
            self.spec.components.response(name, {"description": description, "content": content}, lazy=True)
