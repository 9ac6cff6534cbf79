"""What several rooms of tests share: a PostgreSQL server, and the kernel's tests on both stores."""

import os
from collections.abc import Iterator

import pytest

from infra.postgres.throwaway import NoPostgres, Throwaway, throwaway
from tests.support import stores

ON_BOTH_STORES: tuple[str, ...] = (
    "test_log_commands",
    "test_log_commits",
    "test_log_concurrency",
    "test_log_reading",
)
ON_BOTH_STORES += ("test_log_stored_form", "test_messaging_inbox", "test_messaging_told", "test_views")
_missing: list[str] = []


@pytest.fixture(scope="session")
def postgres() -> Iterator[Throwaway]:
    """A server for tests that do not pull its plug. Where there is none, they are skipped; in CI they fail."""
    try:
        with throwaway(durable=False) as server:
            stores.make_model(server)
            yield server
    except NoPostgres as error:
        if os.environ.get("CI"):
            raise
        _missing.append(str(error))
        pytest.skip(str(error))


@pytest.fixture
def on_postgres(postgres: Throwaway) -> Iterator[Throwaway]:
    """The logs of the test stand in databases on the server, emptied at its end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(stores.SERVER, postgres.dsn())
        yield postgres
        stores.give_back()


@pytest.fixture(autouse=True)
def store(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgres`: where `tests.support.kernel.opened` puts the logs of a test."""
    kind: str = getattr(request, "param", "sqlite")
    if kind == "postgres":
        request.getfixturevalue("on_postgres")
    return kind


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module = metafunc.module.__name__.rpartition(".")[2]
    if module in ON_BOTH_STORES and metafunc.definition.get_closest_marker("of_sqlite") is None:
        metafunc.parametrize("store", ["sqlite", "postgres"], indirect=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for sentence in _missing[:1]:
        terminalreporter.section("tests on PostgreSQL were SKIPPED", red=True, bold=True)
        terminalreporter.write_line(sentence)
