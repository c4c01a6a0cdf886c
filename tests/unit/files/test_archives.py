"""Archives are walked to any honest depth, and nothing that one says is believed."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

import pytest

from ingest.files.archives import Container, Member
from ingest.files.errors import FileUnreadable
from ingest.files.model import MIB, Limits
from tests.unit.files.making import zip_bytes


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir(mode=0o700)
    return folder


class Walk:
    """The members of an archive, and what each extracts to."""

    def __init__(self, tmp_path: Path, content: bytes, limits: Limits | None = None):
        path = tmp_path / "a.zip"
        path.write_bytes(content)
        before = {item for item in tmp_path.rglob("*")}
        scratch = tmp_path / "scratch"
        self.contents: dict[str, bytes] = {}
        self.refused: dict[str, str] = {}
        with Container(path, "drop/a.zip", scratch, limits) as container:
            for member in list(container.members()):
                self._take(member)
            outside = {item for item in tmp_path.rglob("*") if item.parent != scratch}
            assert outside == before
        assert not list(scratch.iterdir()), "nothing stays"

    def _take(self, member: Member) -> None:
        if member.refused:
            self.refused[member.path] = member.refused
            return
        try:
            found = member.extract()
        except FileUnreadable as error:
            self.refused[member.path] = str(error)
            return
        content = found.path.read_bytes()
        assert found.sha256 == hashlib.sha256(content).hexdigest()
        assert found.size == len(content) == member.size
        assert found.path.stat().st_mode & 0o777 == 0o600
        self.contents[member.path] = content


pytestmark = pytest.mark.usefixtures("scratch")


def test_zip_in_zip_in_zip(tmp_path: Path) -> None:
    inner = zip_bytes({"Nuitee.csv": b"1", "b/Diurne.csv": b"2"})
    middle = zip_bytes({"inner.ZIP": inner, "x.csv": b"3"})
    walk = Walk(tmp_path, zip_bytes({"zone/": b"", "zone/middle.zip": middle, "y.png": b"4"}))
    assert walk.contents == {
        "drop/a.zip!zone/middle.zip!inner.ZIP!Nuitee.csv": b"1",
        "drop/a.zip!zone/middle.zip!inner.ZIP!b/Diurne.csv": b"2",
        "drop/a.zip!zone/middle.zip!x.csv": b"3",
        "drop/a.zip!y.png": b"4",
    }
    assert not walk.refused


def test_a_file_that_is_no_archive_is_its_own_member(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"abc")
    with Container(path, "drop/x.csv", scratch) as container:
        [member] = container.members()
        found = member.extract()
        found.discard()
    assert (member.path, member.name, found.path) == ("drop/x.csv", "x.csv", path)
    assert found.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert path.exists(), "what is read in place is never removed"


def test_members_that_nobody_wants_are_not_extracted(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes({"a.png": b"1", "b.csv": b"2"}))
    with Container(path, "a.zip", scratch) as container:
        png, csv = container.members()
        assert not list(scratch.iterdir())
        found = csv.extract()
        assert list(scratch.iterdir()) == [found.path]
        found.discard()
        assert not list(scratch.iterdir())
    assert png.name == "a.png"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../x.csv", "its name leaves the archive (..)"),
        ("a/../../x.csv", "its name leaves the archive (..)"),
        ("..\\x.csv", "its name leaves the archive (..)"),
        ("/etc/x.csv", "its name is an absolute path"),
        ("\\\\host\\share\\x.csv", "its name is an absolute path"),
        ("C:\\x.csv", "its name is an absolute path"),
        ("c:x.csv", "its name is an absolute path"),
    ],
)
def test_hostile_names_are_refused_and_the_others_go_on(
    tmp_path: Path, name: str, reason: str
) -> None:
    walk = Walk(tmp_path, zip_bytes([(name, b"evil"), ("good.csv", b"good")]))
    assert walk.refused == {f"drop/a.zip!{name}": reason}
    assert walk.contents == {"drop/a.zip!good.csv": b"good"}


def test_a_nul_in_a_name_is_refused_and_printable(tmp_path: Path) -> None:
    content = zip_bytes({"aXb.csv": b"1"}).replace(b"aXb.csv", b"a\0b.csv")
    assert Walk(tmp_path, content).refused == {"drop/a.zip!a\\x00b.csv": "its name holds a NUL"}


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("x.csv")
    link.external_attr = 0o120777 << 16
    walk = Walk(tmp_path, zip_bytes([(link, b"/etc/passwd")]))
    assert walk.refused == {"drop/a.zip!x.csv": "a symbolic link"}


def test_encrypted_members_are_refused_and_the_others_go_on(tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"x.csv": b"1", "y.csv": b"2"}))
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    walk = Walk(tmp_path, bytes(content))
    assert walk.refused == {"drop/a.zip!x.csv": "encrypted"}
    assert walk.contents == {"drop/a.zip!y.csv": b"2"}


def test_an_unknown_compression_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"x.csv": b"1"}))
    content[content.index(b"PK\x01\x02") + 10] = 9
    assert "unknown method (9)" in Walk(tmp_path, bytes(content)).refused["drop/a.zip!x.csv"]


def test_a_bad_checksum_costs_one_member(tmp_path: Path) -> None:
    content = bytearray(zip_bytes({"x.csv": b"1" * 100, "y.csv": b"2"}))
    content[content.index(b"PK\x01\x02") + 16] ^= 0xFF
    walk = Walk(tmp_path, bytes(content))
    assert walk.refused["drop/a.zip!x.csv"].startswith("broken in its archive: Bad CRC-32")
    assert walk.contents == {"drop/a.zip!y.csv": b"2"}


@pytest.mark.parametrize(
    "content",
    # Named, since an archive holds the moment of its making: names made from
    # the bytes would differ between the processes that collect the tests.
    [
        pytest.param(b"not a zip", id="none"),
        pytest.param(zip_bytes({"x.csv": b"1" * 999})[:-30], id="its end cut"),
    ],
)
def test_a_truncated_archive_is_refused_whole(tmp_path: Path, content: bytes) -> None:
    walk = Walk(tmp_path, content)
    assert list(walk.refused) == ["drop/a.zip"]
    assert walk.refused["drop/a.zip"].startswith("not a whole ZIP archive")


def test_an_empty_archive_is_an_empty_file(tmp_path: Path) -> None:
    assert Walk(tmp_path, b"").refused == {"drop/a.zip": "empty file"}
    assert not Walk(tmp_path, zip_bytes({})).refused


def test_a_bad_inner_archive_costs_itself(tmp_path: Path) -> None:
    walk = Walk(tmp_path, zip_bytes({"bad.zip": b"PK\x03\x04", "y.csv": b"2"}))
    assert list(walk.refused) == ["drop/a.zip!bad.zip"]
    assert walk.contents == {"drop/a.zip!y.csv": b"2"}


class TestBombs:
    def test_ratio(self, tmp_path: Path) -> None:
        walk = Walk(tmp_path, zip_bytes({"x.csv": bytes(5 * MIB), "y.csv": b"2"}))
        assert "over the limit of 250" in walk.refused["drop/a.zip!x.csv"]
        assert walk.contents == {"drop/a.zip!y.csv": b"2"}

    def test_size_of_a_member(self, tmp_path: Path) -> None:
        limits = Limits(member_bytes=MIB, ratio=1e9)
        walk = Walk(tmp_path, zip_bytes({"x.csv": bytes(2 * MIB)}), limits)
        assert walk.refused == {"drop/a.zip!x.csv": "larger than 1 MiB"}

    def test_total_size(self, tmp_path: Path) -> None:
        limits = Limits(total_bytes=MIB, ratio=1e9)
        half = bytes(MIB // 2)
        content = zip_bytes({"a.csv": half, "b.csv": half, "c.csv": half})
        walk = Walk(tmp_path, content, limits)
        assert walk.refused == {"drop/a.zip!c.csv": "the archive holds over 1 MiB"}

    def test_members(self, tmp_path: Path) -> None:
        content = zip_bytes({f"{n}.csv": b"" for n in range(11)})
        walk = Walk(tmp_path, content, Limits(members=10))
        assert walk.refused == {"drop/a.zip": "not a whole ZIP archive: more than 10 members"}
        assert len(Walk(tmp_path, content, Limits(members=11)).contents) == 11

    def test_members_of_all_inner_archives_count_together(self, tmp_path: Path) -> None:
        inner = zip_bytes({f"{n}.csv": b"" for n in range(6)})
        walk = Walk(tmp_path, zip_bytes({"a.zip": inner, "b.zip": inner}), Limits(members=10))
        assert list(walk.refused) == ["drop/a.zip!b.zip"]

    def test_a_directory_too_large_to_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = zip_bytes({f"{n}{'x' * 200}.csv": b"" for n in range(99)})
        monkeypatch.setattr(zipfile, "ZipFile", None)
        walk = Walk(tmp_path, content, Limits(members=5))
        assert walk.refused == {"drop/a.zip": "not a whole ZIP archive: more than 5 members"}

    def test_depth(self, tmp_path: Path) -> None:
        content = zip_bytes({"x.csv": b"1"})
        for _ in range(4):
            content = zip_bytes({"in.zip": content})
        walk = Walk(tmp_path, content)
        assert walk.refused == {
            "drop/a.zip!in.zip!in.zip!in.zip!in.zip": "archives nested deeper than 4"
        }

    def test_a_size_that_lies_gives_no_more_than_it_says(self, tmp_path: Path) -> None:
        content = bytearray(zip_bytes({"x.csv": bytes(MIB // 2)}))
        for start, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
            where = content.index(start) + offset
            content[where : where + 4] = struct.pack("<I", 10)
        assert "Bad CRC-32" in Walk(tmp_path, bytes(content)).refused["drop/a.zip!x.csv"]


@pytest.mark.parametrize("name", ["Durée.csv", "œuf.csv"])
def test_names_are_utf8_marked_or_not(tmp_path: Path, name: str) -> None:
    content = zip_bytes({name: b"1"})
    assert list(Walk(tmp_path, content).contents) == [f"drop/a.zip!{name}"]
    # Many tools write UTF-8 and forget to say so.
    assert list(Walk(tmp_path, unmarked(content)).contents) == [f"drop/a.zip!{name}"]


def test_names_of_old_tools_are_cp437(tmp_path: Path) -> None:
    content = unmarked(zip_bytes({"Durée.csv": b"1"}).replace("é".encode(), b"e\x82"))
    assert list(Walk(tmp_path, content).contents) == ["drop/a.zip!Dureée.csv"]


def unmarked(content: bytes) -> bytes:
    """Take away the mark that the names are UTF-8."""
    changed = bytearray(content)
    for start, offset in ((b"PK\x01\x02", 9), (b"PK\x03\x04", 7)):
        changed[changed.index(start) + offset] &= ~0x08
    return bytes(changed)
