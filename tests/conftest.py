"""Fixtures of every test: a private server, houses (warehouses) on it, and what is long.

Import order matters here: the settings are pointed at a private corner before `ingest` is imported.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.private import clear, settle

HOME = settle("tests")
# How long an example takes is a matter of the machine, not of the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
# A suite that a script started in the background ignores Ctrl-C, and so would the commands that it
# starts: with a handler here they have their own.
signal.signal(signal.SIGINT, signal.default_int_handler)

from tests.support.demo import FIRST_DAY, deliver  # noqa: E402
from tests.support.house import House  # noqa: E402
from tests.support.services import missing, requires  # noqa: E402
from tests.support.sftp import SftpServer  # noqa: E402
from tests.support.warm import close as close_warm  # noqa: E402

__all__ = ["requires"]

LONGEST = (
    *("test_sequences.py", "test_day.py", "test_row_policies.py", "test_property.py"),
    "test_validate.py",
    *("test_marts.py", "test_commands.py", "test_mapping.py", "test_rerun.py", "test_crash.py"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long forms of the tests (hours)")
    parser.addoption("--seed", type=int, help="replay one random sequence, crash or start")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `long` run with --long only. Workers share out files, and the longest ones come
    first, so that no worker is left alone with one at the end; last comes what needs no server.
    """
    if not config.getoption("--long"):
        chosen = [item for item in items if item.get_closest_marker("long") is None]
        left = [item for item in items if item.get_closest_marker("long") is not None]
        items[:] = chosen
        config.hook.pytest_deselected(items=left)
    items.sort(
        key=lambda item: (
            LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST),
            item.get_closest_marker("e2e") is None,
        )
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `seed` runs once per seed: `trials(few, many)` says how often."""
    if "seed" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("trials")
    few, many = marker.args if marker else (1, 1)
    chosen = metafunc.config.getoption("--seed")
    count = many if metafunc.config.getoption("--long") else few
    metafunc.parametrize("seed", range(1, count + 1) if chosen is None else [chosen])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was skipped for want of a component, with the command that installs it."""
    # The tests may have run in other processes: their reports are all that came from there.
    skipped = [
        (report.nodeid, missing([str(report.longrepr[2])]))
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]
    wanted = {what: install for _, lacks in skipped for what, install in lacks.items()}
    if not wanted:
        return
    terminalreporter.section("skipped for want of a component")
    for what, install in wanted.items():
        terminalreporter.line(f"{what}: install it with `{install}`")
    for nodeid, lacks in skipped:
        if lacks:
            terminalreporter.line(f"  {nodeid}")


def pytest_unconfigure() -> None:
    close_warm()
    clear(HOME)


@pytest.fixture(scope="session")
def empty_house() -> House:
    """A warehouse as it is before the first delivery: reference landed, every model built."""
    house = House.build("empty", HOME)
    house.ingest()
    house.run_models()
    return house


@pytest.fixture(scope="session")
def furnished_house(empty_house: House) -> House:
    """The demo deliveries of a first day landed and built, tests included; never changed."""
    house = House.build("furnished", HOME, empty_house)
    deliver(house.inbox, FIRST_DAY)
    house.ingest()
    built = house.dbt("build", "--warn-error")
    assert built.code == 0
    return house


@pytest.fixture(scope="session")
def make_house(empty_house: House) -> Iterator[Callable[[str], House]]:
    """A maker of houses: `make_house("name")` copies the empty one, or the house it is given."""
    made: list[House] = []

    def make(name: str, template: House | None = None) -> House:
        house = House.build(name, HOME, template or empty_house)
        made.append(house)
        return house

    yield make
    for house in made:
        shutil.rmtree(house.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, make_house: Callable[[str], House]) -> Iterator[House]:
    """The house of a test module: a copy of the empty one."""
    made = make_house(Path(str(request.path)).stem)
    yield made
    made.demolish()


@pytest.fixture(scope="session")
def sftp_server() -> Iterator[SftpServer]:
    """A real OpenSSH server on a free port, with a host key and a user key of its own."""
    program = requires("sshd", "apt-get install openssh-server")
    folder = HOME / "sshd"
    folder.mkdir(mode=0o700)
    with SftpServer.serve(program, folder) as running:
        yield running
