"""What one agency's web face knows, kept with its Flask app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import Request, current_app

from shared.log.clock import Clock
from shared.web.identity import Users

# Says which party speaks on a peer endpoint, or None when the credential is not one we gave.
Authenticator = Callable[[Request], str | None]


@dataclass(frozen=True)
class Link:
    """A page in the header's navigation. `endpoint` as for `url_for`."""

    label: str
    endpoint: str


@dataclass
class Face:
    """`clock` is the service's (stepped in a demonstration); `machine_clock` is for tokens and time-outs."""

    agency: str
    title: str
    users: Users
    clock: Clock
    machine_clock: Clock
    loopback: bool
    stepped: bool
    office_name: Callable[[str], str]
    authenticators: dict[str, Authenticator] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)

    @property
    def cookie(self) -> str:
        # Browsers keep cookies per host, not per port: three services on one machine need three names.
        return f"phoihop_{self.agency}" if self.loopback else f"__Host-phoihop_{self.agency}"


def face() -> Face:
    """The face of the app that serves the current request."""
    return cast("Face", current_app.extensions["phoihop"])
