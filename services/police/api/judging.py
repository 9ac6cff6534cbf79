"""On which day a command is judged, and how one person is told from another."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from services.police.application.persons import Same
from services.police.commands import judged_on
from services.police.facts import Particulars, Release
from services.police.views.persons import same_person
from shared.hosting.definition import Service

P = ParamSpec("P")
R = TypeVar("R")


def judged(service: Service) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """View decorator, above `arguments`: the command is judged on the service's day."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def on_today(*args: P.args, **kwargs: P.kwargs) -> R:
            with judged_on(service.today()):
                return view(*args, **kwargs)

        return on_today

    return decorate


def same_at(service: Service, office: str) -> Same:
    """Finds a resident case of an office that is the same person."""

    def same(particulars: Particulars, release: Release) -> UUID | None:
        with service.views.reading() as db:
            return same_person(db, office, particulars, release)

    return same
