"""The policy bank's service: transaction offices."""

from services.bank.api import blueprints
from services.bank.cli import COMMANDS
from services.bank.duties import duties_on
from services.bank.publications import published
from services.bank.reactions import REACTIONS
from services.bank.views import views
from services.bank.web import LIST_FACES, tasks
from shared.agreement.parties import Agency
from shared.hosting.definition import AgencyDefinition

AGENCY = AgencyDefinition(
    agency=Agency.BANK,
    title_vi="Phòng giao dịch Ngân hàng Chính sách xã hội",
    title_en="Transaction office of the Bank for Social Policies",
    published=published,
    reactions=REACTIONS,
    views=views,
    duties_on=duties_on,
    blueprints=blueprints,
    list_faces=LIST_FACES,
    tasks=tasks,
    commands=COMMANDS,
)
