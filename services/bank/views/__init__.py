"""The bank's read models: lists with their entries, loans, and what waits to be done."""

from collections.abc import Sequence

from services.bank.views.lists import ListsView
from services.bank.views.loans import LoansView
from shared.agreement.parties import Agreement
from shared.log.views import View


def views(_agreement: Agreement) -> Sequence[View]:
    return ListsView(), LoansView()
