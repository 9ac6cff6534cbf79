"""The police's own read models."""

from collections.abc import Sequence

from services.police.views.imports import ImportsView
from services.police.views.lists import ListsView
from services.police.views.persons import PersonsView
from shared.agreement.parties import Agreement
from shared.log.views import View


def views(_: Agreement) -> Sequence[View]:
    return (PersonsView(), ListsView(), ImportsView())
