"""`bank …`: what an agency offers to anyone, without a login. The agency is loaded only when one is asked for."""

import click

from shared.agreement.parties import Agency
from shared.cli.language import say
from shared.hosting.host import find_agency


class AgencyCommands(click.Group):
    """The commands that an agency's definition contributes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(self._contributed())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return self._contributed().get(cmd_name)

    def _contributed(self) -> dict[str, click.Command]:
        return {command.name or "": command for command in find_agency(self.name or "").commands}


bank = AgencyCommands(
    Agency.BANK,
    help=say(
        "Tính thử khoản vay theo Quyết định 22/2023/QĐ-TTg; ai cũng dùng được, không cần đăng nhập.",
        "Reckon a loan under Decision 22/2023/QĐ-TTg; for anyone, without a login.",
    ),
)

COMMANDS = (bank,)
