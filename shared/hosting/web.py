"""A service's web face: the app with everything that is the same in every agency, and the agency's own."""

from flask import Flask

from shared.hosting.api import cases, operations
from shared.hosting.host import Host, everything_published
from shared.hosting.pages import casefiles, duties, lists
from shared.hosting.status import Status, read_report, status_of
from shared.log.clock import SteppedClock
from shared.messaging.feed import authenticator, feed
from shared.mirror.spoken import Memory
from shared.web.app import create_app, mount
from shared.web.face import Link


def build_app(host: Host) -> Flask:
    service = host.service
    definition = service.definition

    def status(office: str | None) -> Status:
        return status_of(service, read_report(host.folder), office=office)

    app = create_app(
        agency=service.agency.value,
        title=definition.title_vi,
        users=service.users,
        clock=service.clock,
        secret_loopback=host.config.tls_proxy is None,
        stepped=isinstance(service.clock, SteppedClock),
        office_name=lambda code: service.agreement.party(code).name,
    )
    memory = Memory(service.agreement, everything_published(definition))
    mount(
        app,
        api=[*cases.blueprints(service, memory), *operations.blueprints(service, status)],
        peers={feed(service.log, {each.code for each in service.offices}): authenticator(host.credentials)},
    )
    mount(
        app,
        api=definition.blueprints(service),
        pages=[duties.pages(service), lists.pages(service), casefiles.pages(service)],
        links=[
            Link("Việc cần làm", "duties.index"),
            Link("Danh sách tháng", "list_pages.index"),
            Link("Hồ sơ", "casefiles.index"),
        ],
    )
    return app
