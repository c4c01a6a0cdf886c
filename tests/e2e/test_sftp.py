"""A real OpenSSH server serves the deliveries: the warehouse is the one filled from the folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from tests.support.checksums import checksums, differences, ledger
from tests.support.house import DERIVED, House
from tests.support.opened import watch_opened
from tests.support.services import lacks
from tests.support.sftp import SftpServer

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def remote(
    make_house: Callable[..., House], furnished_house: House, sftp_server: SftpServer
) -> Iterator[House]:
    """An empty warehouse whose deliveries are those of the furnished one, reached by SFTP."""
    house = make_house("remote")
    house.variables = {
        "FLUXVISION_URL": sftp_server.url(furnished_house.inbox),
        "FLUXVISION_KEY_FILE": str(sftp_server.key_file),
        "FLUXVISION_KNOWN_HOSTS": str(sftp_server.known_hosts),
    }
    yield house
    house.demolish()


def test_a_server_whose_key_is_not_known_is_refused(remote: House, sftp_server: SftpServer) -> None:
    nobody = remote.folder / "known_hosts"
    nobody.write_text("")
    done = remote.ingest(codes=None, FLUXVISION_KNOWN_HOSTS=str(nobody))
    assert done.code == 1, done.said
    assert "Traceback" not in done.said
    assert "127.0.0.1" in done.said
    landed = (
        "select count(*) from etl.file_ledger where source = 'fluxvision' and status = 'landed'"
    )
    assert remote.value(landed) == 0


def test_the_warehouse_equals_the_one_filled_from_the_folder(
    remote: House, furnished_house: House
) -> None:
    remote.ingest()
    assert differences(ledger(furnished_house), ledger(remote)) == {}
    remote.run_models(DERIVED)
    assert differences(checksums(furnished_house), checksums(remote)) == {}


def test_a_rerun_fetches_nothing(remote: House, furnished_house: House) -> None:
    if sys.platform != "linux":
        lacks("inotify", "use Linux")
    # The server of this test reads the same disk: what it fetches for a client is opened there.
    with watch_opened(furnished_house.inbox) as opened:
        remote.ingest()
    assert opened == []
