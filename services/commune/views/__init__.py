"""The committee's read models."""

from collections.abc import Sequence

from services.commune.views.lists import ListsView
from services.commune.views.residents import ResidentsView
from shared.agreement.parties import Agreement
from shared.log.views import View


def views(_agreement: Agreement) -> Sequence[View]:
    return ListsView(), ResidentsView()
