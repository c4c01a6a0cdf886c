"""SFTP, FTP and FTPS list and read alike, and trust nobody they do not know."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

import paramiko
import pytest

from ingest.files.errors import FileUnreadable, PlaceUnreachable
from ingest.files.model import Entry
from ingest.files.places import Place, PlaceOptions, open_place
from tests.unit.files.servers import (
    PASSWORD,
    USER,
    FtpsServer,
    certificate,
    ftp_server,
    sftp_server,
)

DELIVERED = {
    "B1 2024/zone.zip": b"z" * 300_000,
    "B1 2024/à lire/é.csv": b"",
    "B1.txt": b"abc",
    "frequentation.csv": b"Date\n",
}
MODIFIED = datetime(2024, 3, 27, 8, 30, 15, tzinfo=UTC)
HOST_KEY = paramiko.ECDSAKey.generate()
OTHER_KEY = paramiko.ECDSAKey.generate()
LOGIN = f"{USER}:{quote(PASSWORD, safe='')}"


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """A folder of deliveries, all of one moment."""
    folder = tmp_path / "delivered"
    for name, content in DELIVERED.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (MODIFIED.timestamp(),) * 2)
    return folder


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir(mode=0o700)
    return folder


def known_hosts(folder: Path, port: int, key: paramiko.PKey = HOST_KEY) -> str:
    path = folder / "known_hosts"
    path.write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n")
    return str(path)


@contextmanager
def over_sftp(folder: Path) -> Iterator[Place]:
    with sftp_server(folder, HOST_KEY) as port:
        options = PlaceOptions(PASSWORD, known_hosts=known_hosts(folder.parent, port))
        with open_place(f"sftp://{USER}@127.0.0.1:{port}", options) as place:
            yield place


@contextmanager
def over_ftp(folder: Path, without: tuple[str, ...] = ()) -> Iterator[Place]:
    with (
        ftp_server(folder, without) as port,
        open_place(f"ftp://{LOGIN}@127.0.0.1:{port}/") as place,
    ):
        yield place


@contextmanager
def over_ftps(folder: Path) -> Iterator[Place]:
    certificate_file, key_file = certificate(folder.parent)
    server = FtpsServer(folder, certificate_file, key_file)
    server.start()
    try:
        options = PlaceOptions(PASSWORD, ca_file=str(certificate_file))
        with open_place(f"ftps://{USER}@127.0.0.1:{server.port}", options) as place:
            yield place
        assert not server.clear, "nothing goes in clear"
        assert all(server.resumed), "data connections resume the session of the control"
    finally:
        server.close()


Serving = Callable[[Path], AbstractContextManager[Place]]
SERVERS = {
    "sftp": over_sftp,
    "ftp": over_ftp,
    "ftp without MLSD": partial(over_ftp, without=("MLSD", "MLST")),
    "ftps": over_ftps,
}


@pytest.fixture(params=list(SERVERS))
def serving(request: pytest.FixtureRequest) -> Serving:
    return SERVERS[request.param]


def test_files_are_listed_in_order_with_size_and_time(serving: Serving, delivered: Path) -> None:
    with serving(delivered) as place:
        found = list(place.list())
    assert [(entry.path, entry.size) for entry in found] == [
        (name, len(DELIVERED[name])) for name in sorted(DELIVERED)
    ]
    assert {(entry.mtime, entry.ctime, entry.refused) for entry in found} == {
        (MODIFIED, None, None)
    }


def test_a_file_is_read_from_a_private_copy(
    serving: Serving, delivered: Path, scratch: Path
) -> None:
    with serving(delivered) as place:
        for entry in list(place.list()):
            with place.open(entry, scratch) as local:
                assert local.path.read_bytes() == DELIVERED[entry.path]
                assert local.path.stat().st_mode & 0o777 == 0o600
                assert local.path.parent == scratch
                assert not local.has_changed()
    assert not list(scratch.iterdir())


def test_a_file_that_changed_since_it_was_listed_is_growing(
    serving: Serving, delivered: Path, scratch: Path
) -> None:
    with serving(delivered) as place:
        entries = {entry.path: entry for entry in place.list()}
        with (delivered / "B1.txt").open("ab") as stream:
            stream.write(b"more")
        os.utime(delivered / "B1.txt", (MODIFIED.timestamp(),) * 2)
        assert place.fetch(entries["B1.txt"], scratch / "a")
        os.utime(delivered / "frequentation.csv", (MODIFIED.timestamp() + 60,) * 2)
        assert place.fetch(entries["frequentation.csv"], scratch / "b")
        assert not place.fetch(entries["B1 2024/zone.zip"], scratch / "c")


@pytest.mark.parametrize("serving", [over_sftp, over_ftp])
def test_a_file_that_vanished_costs_only_itself(
    serving: Serving, delivered: Path, scratch: Path
) -> None:
    with serving(delivered) as place:
        entries = list(place.list())
        (delivered / entries[0].path).unlink()
        with pytest.raises(FileUnreadable, match="cannot be read"):
            place.fetch(entries[0], scratch / "a")
        assert not place.fetch(entries[-1], scratch / "b")


def test_links_never_lead_out_of_the_place(delivered: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("secret")
    (delivered / "out.csv").symlink_to(outside)
    (delivered / "in.csv").symlink_to(delivered / "B1.txt")
    (delivered / "loop").symlink_to(delivered)
    with sftp_server(tmp_path, HOST_KEY) as port:
        options = PlaceOptions(PASSWORD, known_hosts=known_hosts(tmp_path, port))
        place = open_place(f"sftp://{USER}@127.0.0.1:{port}/delivered", options)
        refused = {entry.path: entry.refused for entry in place.list()}
    assert refused.keys() == {*DELIVERED, "out.csv", "in.csv", "loop"}
    assert refused["out.csv"] == "a symbolic link that leaves the place"
    assert refused["in.csv"] is None
    assert refused["loop"] == "a symbolic link to a folder"


class TestHostKeys:
    def refused(self, delivered: Path, options: PlaceOptions, query: str = "") -> str:
        with sftp_server(delivered, HOST_KEY) as port:
            if options.known_hosts == "other":
                options = PlaceOptions(
                    PASSWORD, known_hosts=known_hosts(delivered.parent, port, OTHER_KEY)
                )
            with pytest.raises(PlaceUnreachable) as caught:
                open_place(f"sftp://{USER}@127.0.0.1:{port}/{query}", options)
        message = str(caught.value)
        assert "\n" not in message
        assert f"sftp://{USER}@127.0.0.1:{port}" in message
        assert PASSWORD not in message
        return message

    def test_an_unknown_key_is_refused(
        self, delivered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        message = self.refused(delivered, PlaceOptions(PASSWORD))
        assert "the server's key is not known" in message
        assert "ssh-keyscan -p" in message

    def test_a_changed_key_is_refused(self, delivered: Path) -> None:
        message = self.refused(delivered, PlaceOptions(PASSWORD, known_hosts="other"))
        assert "is not the one we know" in message

    def test_a_missing_file_of_known_hosts_is_named(self, delivered: Path) -> None:
        message = self.refused(delivered, PlaceOptions(PASSWORD), "?known_hosts=/nowhere/hosts")
        assert "known hosts /nowhere/hosts does not exist" in message

    def test_the_users_own_known_hosts_are_read(
        self, delivered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".ssh").mkdir()
        with sftp_server(delivered, HOST_KEY) as port:
            known_hosts(tmp_path / ".ssh", port)
            with open_place(f"sftp://{LOGIN}@127.0.0.1:{port}") as place:
                assert len(list(place.list())) == len(DELIVERED)

    def test_a_wrong_password_and_a_wrong_folder_are_told_apart(self, delivered: Path) -> None:
        with sftp_server(delivered, HOST_KEY) as port:
            hosts = known_hosts(delivered.parent, port)
            url = f"sftp://{USER}@127.0.0.1:{port}"
            with pytest.raises(PlaceUnreachable, match="login refused"):
                open_place(url, PlaceOptions("wrong", known_hosts=hosts))
            with pytest.raises(PlaceUnreachable, match="no such folder"):
                open_place(f"{url}/nowhere", PlaceOptions(PASSWORD, known_hosts=hosts))
            for key in ("/nowhere/key", "~nobody-here/key"):
                with pytest.raises(PlaceUnreachable, match=f"key file {key} does not exist"):
                    open_place(f"{url}?key_file={key}", PlaceOptions(known_hosts=hosts))


def test_a_subfolder_can_be_the_place(delivered: Path) -> None:
    with (
        ftp_server(delivered) as port,
        open_place(f"ftp://{LOGIN}@127.0.0.1:{port}/B1%202024/") as place,
    ):
        assert [entry.path for entry in place.list()] == ["zone.zip", "à lire/é.csv"]


def test_ftp_refusals_name_the_host_and_no_password(delivered: Path) -> None:
    with ftp_server(delivered) as port:
        with pytest.raises(PlaceUnreachable, match=f"127.0.0.1:{port}: refused .*password"):
            open_place(f"ftp://{USER}:wrong-one@127.0.0.1:{port}")
        with pytest.raises(PlaceUnreachable, match=r"refused .*the path") as caught:
            open_place(f"ftp://{LOGIN}@127.0.0.1:{port}/nowhere")
    assert PASSWORD not in str(caught.value)


def test_an_untrusted_certificate_is_refused(delivered: Path, tmp_path: Path) -> None:
    server = FtpsServer(delivered, *certificate(tmp_path))
    server.start()
    with pytest.raises(PlaceUnreachable, match="its certificate is not trusted"):
        open_place(f"ftps://{LOGIN}@127.0.0.1:{server.port}")
    server.close()


@pytest.mark.parametrize("scheme", ["sftp", "ftp", "ftps"])
def test_nobody_there_is_one_clear_line(scheme: str) -> None:
    with pytest.raises(PlaceUnreachable) as caught:
        open_place(f"{scheme}://{LOGIN}@127.0.0.1:1/drop", PlaceOptions(timeout=2))
    assert str(caught.value).startswith(f"{scheme}://{USER}@127.0.0.1:1/drop: ")
    assert "\n" not in str(caught.value)


def test_a_place_lost_while_reading_is_the_places_failure(delivered: Path, scratch: Path) -> None:
    with sftp_server(delivered, HOST_KEY) as port:
        options = PlaceOptions(PASSWORD, known_hosts=known_hosts(scratch, port), timeout=2)
        place = open_place(f"sftp://{USER}@127.0.0.1:{port}", options)
        entry: Entry = next(place.list())
    with pytest.raises(PlaceUnreachable, match="run again"):
        place.fetch(entry, scratch / "a")
    place.close()
