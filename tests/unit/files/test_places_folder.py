"""A folder is listed whole and in order, and read where it lies."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.files.errors import FileUnreadable, PlaceUnreachable
from ingest.files.places import PlaceOptions, clean, open_place

MODIFIED = datetime(2024, 3, 27, 8, 30, 15, tzinfo=UTC)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    for name in ("b/2.csv", "b/c/3.csv", "b.csv", "a.csv", "b 1.csv", "Z.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        os.utime(folder / name, (MODIFIED.timestamp(),) * 2)
    return folder


def test_it_is_listed_in_ascending_order_of_path(drop: Path) -> None:
    with open_place(str(drop)) as place:
        entries = list(place.list())
    paths = [entry.path for entry in entries]
    assert paths == sorted(paths) == ["Z.csv", "a.csv", "b 1.csv", "b.csv", "b/2.csv", "b/c/3.csv"]
    assert [entry.size for entry in entries] == [len(path) for path in paths]
    assert {entry.mtime for entry in entries} == {MODIFIED}
    assert all(entry.ctime for entry in entries)


def test_a_file_url_is_a_folder_too(tmp_path: Path) -> None:
    folder = tmp_path / "à b"
    folder.mkdir()
    (folder / "x.csv").touch()
    with open_place(folder.as_uri()) as place:
        assert [entry.path for entry in place.list()] == ["x.csv"]


def test_files_are_read_in_place_and_never_removed(drop: Path, tmp_path: Path) -> None:
    with open_place(str(drop)) as place:
        entry = next(place.list())
        with place.open(entry, tmp_path) as local:
            assert local.path == drop / "Z.csv"
            assert not local.has_changed()
    assert (drop / "Z.csv").exists()


def test_a_file_that_changes_is_growing(drop: Path, tmp_path: Path) -> None:
    with open_place(str(drop)) as place:
        first, second, third, *_ = place.list()
        with place.open(first, tmp_path) as local:
            (drop / "Z.csv").write_text("more of it")
            assert local.has_changed()
        with place.open(second, tmp_path) as local:
            # The same size and date, written anew: ctime tells.
            (drop / "a.csv").write_text("b.csv")
            os.utime(drop / "a.csv", (MODIFIED.timestamp(),) * 2)
            assert local.has_changed()
        with place.open(third, tmp_path) as local:
            (drop / "b 1.csv").unlink()
            assert local.has_changed()
        assert not place.fetch(list(place.list())[-1], tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "b/c/3.csv"
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600


def test_links_never_lead_out_of_the_place(drop: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret")
    (drop / "l-out.csv").symlink_to(tmp_path / "secret.csv")
    (drop / "l-up.csv").symlink_to("../secret.csv")
    (drop / "l-in.csv").symlink_to("a.csv")
    (drop / "l-loop").symlink_to(drop)
    (drop / "l-nothing.csv").symlink_to("nowhere")
    os.mkfifo(drop / "l-pipe.csv")
    with open_place(str(drop)) as place:
        found = {entry.path: entry for entry in place.list() if entry.path.startswith("l-")}
        assert {path: entry.refused for path, entry in found.items()} == {
            "l-in.csv": None,
            "l-loop": "a symbolic link to a folder",
            "l-nothing.csv": "cannot be read (cannot be read: No such file or directory)",
            "l-out.csv": "a symbolic link that leaves the place",
            "l-pipe.csv": "not a regular file",
            "l-up.csv": "a symbolic link that leaves the place",
        }
        with place.open(found["l-in.csv"], tmp_path) as local:
            assert local.path.read_text() == "a.csv"
        # A file that was swapped for a link after it had been listed.
        with (
            pytest.raises(FileUnreadable, match="leaves the place"),
            place.open(found["l-out.csv"], tmp_path),
        ):
            pass


def test_a_place_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnreachable, match=r"nowhere is not a folder .* create it"):
        open_place(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://host/x", "http:// is no place of files"),
        ("sftp:///x", "names no host"),
        ("sftp://host/x?knownhosts=a", "unknown parameter in the URL: knownhosts"),
    ],
)
def test_a_wrong_url_is_named(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_place(url)


def test_options_come_from_the_settings_of_the_connection() -> None:
    settings = {
        "FLUXVISION_PASSWORD": "a",
        "FLUXVISION_KNOWN_HOSTS": "b",
        "FLUXVISION_KEY_FILE": "",
    }
    assert PlaceOptions.from_settings("FLUXVISION_URL", settings) == PlaceOptions(
        password="a", known_hosts="b"
    )
    assert PlaceOptions.from_settings("FLUXVISION_HEBDO_URL", settings) == PlaceOptions()


def test_any_name_works_in_the_c_locale(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    for name in ("Durée.csv".encode(), b"cp\xe9.csv", b"two\nlines.csv"):
        (folder / os.fsdecode(name)).write_bytes(b"x")
    script = (
        "import sys, pathlib\n"
        "from ingest.files.places import open_place\n"
        "with open_place(sys.argv[1]) as place:\n"
        "    for entry in place.list():\n"
        "        with place.open(entry, pathlib.Path('.')) as local:\n"
        "            local.path.read_bytes()\n"
        "        sys.stdout.buffer.write(entry.path.encode() + b'|')\n"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("PYTHONUTF8", None)
    done = subprocess.run(
        [sys.executable, "-c", script, folder], env=environment, capture_output=True, check=True
    )
    assert done.stdout.decode() == "Durée.csv|cp\\xe9.csv|two\\x0alines.csv|"


def test_names_are_cleaned_for_storing_and_printing() -> None:
    assert clean("à\u00a0b\udce9\x07\u200b") == "à\u00a0b\\xe9\\x07\u200b"
