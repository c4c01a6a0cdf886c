"""Files are moved or removed at their place only as they were listed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import paramiko
import pytest

from ingest.files.errors import FileUnreadable
from ingest.files.places import Place, PlaceOptions, open_place
from tests.unit.files.servers import PASSWORD, USER, ftp_server, sftp_server

HOST_KEY = paramiko.ECDSAKey.generate()
LOGIN = f"{USER}:{quote(PASSWORD, safe='')}"
FILE, TO = "B1 2024/zone é.zip", "traites/B1 2024/then_zone é.zip"


@contextmanager
def by_ftp(folder: Path, without: tuple[str, ...] = (), perm: str = "elrdfmw") -> Iterator[Place]:
    with (
        ftp_server(folder, without, perm) as port,
        open_place(f"ftp://{LOGIN}@127.0.0.1:{port}/") as place,
    ):
        yield place


@contextmanager
def in_a_folder(folder: Path) -> Iterator[Place]:
    with open_place(str(folder)) as place:
        yield place


@contextmanager
def by_sftp(folder: Path) -> Iterator[Place]:
    """A server that knows no more than the protocol; OpenSSH is in tests/e2e/keeping."""
    with sftp_server(folder, HOST_KEY) as port:
        hosts = folder.parent / "known_hosts"
        hosts.write_text(f"[127.0.0.1]:{port} {HOST_KEY.get_name()} {HOST_KEY.get_base64()}\n")
        options = PlaceOptions(PASSWORD, known_hosts=str(hosts))
        with open_place(f"sftp://{USER}@127.0.0.1:{port}", options) as place:
            yield place


Serving = Callable[[Path], AbstractContextManager[Place]]
WAYS: dict[str, Serving] = {
    "folder": in_a_folder,
    "sftp": by_sftp,
    "ftp": by_ftp,
    "ftp without MLSD": partial(by_ftp, without=("MLSD", "MLST")),
}


@pytest.fixture(params=list(WAYS))
def serving(request: pytest.FixtureRequest) -> Serving:
    return WAYS[request.param]


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    path = folder / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"content")
    os.utime(path, (1_700_000_000,) * 2)
    return folder


def test_moved_with_its_folders_and_again_over_itself(drop: Path, serving: Serving) -> None:
    for _ in range(2):
        (drop / FILE).write_bytes(b"content")
        os.utime(drop / FILE, (1_700_000_000,) * 2)
        with serving(drop) as place:
            [entry] = [entry for entry in place.list() if entry.path == FILE]
            assert place.take_away(entry, TO)
        assert [p for p in drop.rglob("*") if p.is_file()] == [drop / TO]
        assert (drop / TO).read_bytes() == b"content"


def test_removed(drop: Path, serving: Serving) -> None:
    with serving(drop) as place:
        [entry] = place.list()
        assert place.take_away(entry, None)
    assert not [p for p in drop.rglob("*") if p.is_file()]


@pytest.mark.parametrize("change", ["longer", "later"])
def test_left_alone_once_it_has_changed(change: str, drop: Path, serving: Serving) -> None:
    with serving(drop) as place:
        [entry] = place.list()
        if change == "longer":
            (drop / FILE).write_bytes(b"content and more")
            os.utime(drop / FILE, (1_700_000_000,) * 2)
        else:
            os.utime(drop / FILE, (1_700_000_060,) * 2)
        assert not place.take_away(entry, TO)
        assert not place.take_away(entry, None)
    assert [p for p in drop.rglob("*") if p.is_file()] == [drop / FILE]


def test_a_refusal_is_of_this_file_alone(drop: Path) -> None:
    (drop / "traites").write_text("a file where a folder should be")
    with in_a_folder(drop) as place:
        entry = next(iter(place.list()))
        with pytest.raises(FileUnreadable, match="cannot be taken away"):
            place.take_away(entry, TO)
    (drop / "traites").unlink()
    with by_ftp(drop, perm="elr") as place:
        [entry] = place.list()
        with pytest.raises(FileUnreadable, match="cannot be taken away"):
            place.take_away(entry, None)
    assert (drop / FILE).exists()
