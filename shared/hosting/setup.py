"""Setting up: all three services of one agreement on one machine, with secrets made on the spot."""

import secrets
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from shared.agreement.acting import Role
from shared.agreement.parties import Agency, Agreement, Channel, Party, load_agreement
from shared.hosting.config import Config, Link, save_config
from shared.messaging.credentials import PeerCredentials, write_private
from shared.messaging.kafka.access import BrokerAccess
from shared.web.identity import UsernameTaken, Users

PORTS = {Agency.POLICE: 8001, Agency.COMMUNE: 8002, Agency.BANK: 8003}


Names = Mapping[str, Mapping[str, str]]


class SignIn(msgspec.Struct, frozen=True):
    agency: Agency
    office: str
    username: str
    password: str
    role: Role


def prepare(
    data: Path,
    agreement_file: Path,
    *,
    ports: Mapping[Agency, int] = PORTS,
    stepped_from: datetime | None = None,
    postgres: Mapping[Agency, str] = {},
    broker: BrokerAccess | None = None,
) -> Agreement:
    """Make a folder per agency below `data`, each hosting all its offices of the agreement, who hear each other
    over feeds or, where a broker is named, over its topics.

    `postgres`: the connection strings of agencies whose log is to be in PostgreSQL, its tables made already.
    What is there already stays as it is: a second call changes nothing. Raises ValueError for a wrong
    agreement.
    """
    agreement = load_agreement(agreement_file)
    if all((data / agency / "service.json").exists() for agency in Agency):
        return agreement
    for agency in Agency:
        (data / agency).mkdir(parents=True, exist_ok=True, mode=0o700)
    for agency in Agency:
        offices = [party for party in agreement.parties if party.agency is agency]
        config = Config(
            agency,
            tuple(office.code for office in offices),
            str(agreement_file.resolve()),
            ports[agency],
            stepped_from=stepped_from,
            postgres=postgres.get(agency),
            links=tuple(
                _links(data, agreement, offices, ports) if broker is None else _topics(agreement, offices)
            ),
            relayed=() if broker is None else tuple(_told_by(agreement, offices)),
            broker=None if broker is None else _of(broker, offices),
        )
        save_config(data / agency, config)
    return agreement


def _links(data: Path, agreement: Agreement, offices: list[Party], ports: Mapping[Agency, int]) -> list[Link]:
    links = []
    for office in offices:
        granted: dict[Agency, str] = {}
        for channel in agreement.channels_to(office):
            agency = agreement.party(channel.publisher).agency
            if agency not in granted:
                granted[agency] = PeerCredentials(data / agency / "peers.json").grant(office.code)
            url = f"http://127.0.0.1:{ports[agency]}"
            links.append(Link(channel.publisher, office.code, url, granted[agency]))
    return links


def _topics(agreement: Agreement, offices: list[Party]) -> list[Link]:
    heard = [channel for office in offices for channel in agreement.channels_to(office)]
    return [Link(channel.publisher, channel.hearer, carrier="kafka") for channel in heard]


def _told_by(agreement: Agreement, offices: list[Party]) -> list[Channel]:
    channels = [channel for party in agreement.parties for channel in agreement.channels_to(party)]
    return [channel for channel in channels if channel.publisher in {office.code for office in offices}]


def _of(broker: BrokerAccess, offices: list[Party]) -> BrokerAccess:
    """The broker with these offices' passwords only."""
    codes = {office.code for office in offices}
    own = {party: password for party, password in broker.passwords.items() if party in codes}
    return msgspec.structs.replace(broker, passwords=own)


TITLES = {
    (Agency.POLICE, Role.OFFICER): ("canbo", "Cán bộ Công an xã"),
    (Agency.POLICE, Role.LEADER): ("truong", "Trưởng Công an xã"),
    (Agency.COMMUNE, Role.OFFICER): ("chuyenvien", "Chuyên viên UBND xã"),
    (Agency.COMMUNE, Role.LEADER): ("chutich", "Chủ tịch UBND xã"),
    (Agency.BANK, Role.OFFICER): ("tindung", "Cán bộ tín dụng"),
    (Agency.BANK, Role.LEADER): ("giamdoc", "Giám đốc Phòng giao dịch"),
}


def first_sign_ins(data: Path, agreement: Agreement, names: Names | None = None) -> list[SignIn]:
    """One user per office and role with a random password, made once and kept readable by the owner only.

    Who starts three offices on one machine needs somebody to sign in as; the administrator then adds the
    real people. `names`: whom to call them, by office and role; by their title where that is not said.
    """
    file = data / "sign-ins.json"
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=list[SignIn])
    made = [
        SignIn(
            party.agency, party.code, f"{_short(party, role)}.{party.code}", secrets.token_urlsafe(9), role
        )
        for party in agreement.parties
        for role in Role
    ]
    for agency in Agency:
        with closing(Users(data / agency / "users.sqlite")) as users:
            for each in made:
                if each.agency is agency:
                    _make(users, each, names or {})
    write_private(file, msgspec.json.format(msgspec.json.encode(made), indent=2))
    return made


def _make(users: Users, sign_in: SignIn, names: Names) -> None:
    _, title = TITLES.get((sign_in.agency, sign_in.role), ("", _ROLE_TITLES.get(sign_in.role, "")))
    try:
        users.add(
            sign_in.username,
            sign_in.password,
            name=names.get(sign_in.office, {}).get(sign_in.role, f"{title} (tài khoản ban đầu)"),
            title=title,
            office=sign_in.office,
            role=sign_in.role,
        )
    except UsernameTaken:  # A kill between making users and writing the file: the file's password counts.
        users.set_password(sign_in.username, sign_in.password)


_ROLE_TITLES = {Role.AUDITOR: "Kiểm tra viên", Role.ADMINISTRATOR: "Quản trị viên"}


def _short(party: Party, role: Role) -> str:
    return TITLES.get((party.agency, role), (role.value, ""))[0]
