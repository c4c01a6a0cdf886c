"""The archive by itself, and what may be declared of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.archive import JOURNAL, Archive, ArchiveUnusable
from ingest.catalog import CatalogError, load_catalog
from ingest.files.errors import FileGrowing
from ingest.keeping import keeping
from ingest.ledger import Outer
from ingest.options import parse
from ingest.settings import SettingsError

NOW = datetime(2026, 11, 20, 6, 0, 0, 123456, tzinfo=UTC)
CONTENT = b"Date;Volume\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OUTER = Outer("FLUX_URL", "a/é.zip", len(CONTENT), NOW, None, SHA256)


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    path = tmp_path / "delivered"
    path.write_bytes(CONTENT)
    return path


def names(archive: Archive) -> list[str]:
    return sorted(path.name for path in archive.root.rglob("*") if path.is_file())


def test_a_copy_takes_its_name_when_it_is_told_to(tmp_path: Path, delivered: Path) -> None:
    archive = Archive(tmp_path / "archive", "flux")
    copy = archive.copy(delivered, None)
    assert (copy.sha256, copy.size) == (SHA256, len(CONTENT))
    assert names(archive) == [".flux.part"]
    copy = archive.copy(delivered, None)  # what a killed run left is written over
    archive.keep(copy)
    assert names(archive) == [SHA256]
    assert archive.path(SHA256).read_bytes() == CONTENT
    assert archive.is_whole(SHA256) and archive.has(SHA256, len(CONTENT))
    assert (archive.copied, archive.copied_bytes) == (1, len(CONTENT))


def test_no_content_is_kept_twice_nor_copied_again_if_known(
    tmp_path: Path, delivered: Path
) -> None:
    archive = Archive(tmp_path / "archive", "flux")
    archive.keep(archive.copy(delivered, None))
    held = archive.path(SHA256).stat()
    assert archive.copy(delivered, SHA256).waiting is None
    archive.keep(archive.copy(delivered, None))
    now = archive.path(SHA256).stat()
    # All but the time of access, which a look at the copy moves.
    for what in ("st_ino", "st_mode", "st_size", "st_mtime_ns", "st_ctime_ns"):
        assert getattr(now, what) == getattr(held, what), what
    assert names(archive) == [SHA256]
    assert archive.copied == 1


def test_what_is_cut_short_or_changed_is_not_whole(tmp_path: Path, delivered: Path) -> None:
    archive = Archive(tmp_path / "archive", "flux")
    archive.keep(archive.copy(delivered, None))
    archive.path(SHA256).write_bytes(CONTENT[:-1])
    assert not archive.has(SHA256, len(CONTENT))
    assert not archive.is_whole(SHA256)
    archive.keep(archive.copy(delivered, SHA256))
    assert archive.is_whole(SHA256), "and is mended when the file comes again"
    assert not archive.is_whole("0" * 64)


def test_the_journal_tells_what_was_noted_in_the_order_of_reading(tmp_path: Path) -> None:
    archive, other = Archive(tmp_path, "flux"), Archive(tmp_path, "logs")
    later = replace(OUTER, path="b.zip", ctime=NOW)
    archive.note(later, NOW + timedelta(minutes=1), "run 2")
    with (tmp_path / JOURNAL).open("a") as journal:
        journal.write('{"source": "flux", "conn')  # a crash left half a line
    archive.note(OUTER, NOW, "run 1")
    other.note(OUTER, NOW, "run 1")
    archive.note(replace(OUTER, connection="ELSEWHERE_URL"), NOW, "run 1")
    found = list(archive.deliveries("FLUX_URL"))
    assert [one.outer for one in found] == [OUTER, later]
    assert [(one.read_at, one.run_id) for one in found] == [
        (NOW, "run 1"),
        (NOW + timedelta(minutes=1), "run 2"),
    ]
    assert list(Archive(tmp_path / "none", "flux").deliveries("FLUX_URL")) == []


def test_half_a_line_may_end_within_a_letter(tmp_path: Path) -> None:
    archive = Archive(tmp_path, "flux")
    archive.note(OUTER, NOW, "run 1")
    whole = (tmp_path / JOURNAL).read_bytes()
    half = whole[: whole.index("é".encode()) + 1]
    (tmp_path / JOURNAL).write_bytes(whole + half)  # a crash left this
    archive.note(OUTER, NOW + timedelta(minutes=1), "run 2")
    assert [one.run_id for one in archive.deliveries("FLUX_URL")] == ["run 1", "run 2"]


def test_a_copy_that_decayed_is_made_again_when_its_file_comes_again(
    tmp_path: Path, delivered: Path
) -> None:
    archive = Archive(tmp_path / "archive", "flux")
    for known in (SHA256, None):
        archive.keep(archive.copy(delivered, None))
        archive.path(SHA256).write_bytes(CONTENT[:-1] + b"?")
        archive.keep(archive.copy(delivered, known))
        assert archive.is_whole(SHA256)


def test_an_archive_that_cannot_be_used_says_so(tmp_path: Path, delivered: Path) -> None:
    (tmp_path / "archive").write_text("no folder")
    archive = Archive(tmp_path / "archive", "flux")
    for attempt in (
        lambda: archive.copy(delivered, None),
        lambda: archive.note(OUTER, NOW, "run"),
        lambda: list(archive.deliveries("FLUX_URL")),
    ):
        with pytest.raises(ArchiveUnusable, match=r"the archive .* cannot be used"):
            attempt()


def test_a_file_that_went_away_is_no_fault_of_the_archive(tmp_path: Path) -> None:
    with pytest.raises(FileGrowing, match="went away"):
        Archive(tmp_path / "archive", "flux").copy(tmp_path / "gone", None)
    assert not (tmp_path / "archive").exists()


def test_a_home_that_nobody_has_is_told() -> None:
    with pytest.raises(SettingsError, match=r"FLUXVISION_ARCHIVE: ~nobody.*nobody's home"):
        source = next(s for s in load_catalog().sources if s.name == "fluxvision")
        keeping(source, "", {"FLUXVISION_ARCHIVE": "~nobody-of-this-name/kept"})


SOURCE = """
sources:
  - name: flux
    schema: raw_flux
    config: {{meta: {{ingest: {{connection: FLUX_URL{ingest}}}}}}}
    tables:
      - name: nuitee
        config: {{meta: {{ingest: {{files: [nuitee], header: [Date]{table}}}}}}}
"""
DATABASE = """
sources:
  - name: flux
    schema: raw_flux
    config: {meta: {ingest: {connection: FLUX_URL, archive: kept}}}
    tables:
      - {name: lots, config: {meta: {ingest: {primary_key: [id]}}}}
"""


def declared(folder: Path, text: str) -> Path:
    (folder / "dbt_project.yml").write_text("name: x\n")
    page = folder / "models" / "_flux__sources.yml"
    page.parent.mkdir(exist_ok=True)
    page.write_text(text)
    return folder


def test_an_archive_is_declared_for_a_source(tmp_path: Path) -> None:
    text = SOURCE.format(ingest=", archive: kept, after_landing: move", table="")
    [source] = load_catalog(declared(tmp_path, text)).sources
    assert (source.archive, source.after_landing) == ("kept", "move")
    [source] = load_catalog(declared(tmp_path, SOURCE.format(ingest="", table=""))).sources
    assert (source.archive, source.after_landing) == (None, "keep")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOURCE.format(ingest=", after_landing: delete", table=""), "needs an `archive`"),
        (SOURCE.format(ingest=", archive: x, after_landing: burn", table=""), "'burn' is none of"),
        (SOURCE.format(ingest=", archive: 3", table=""), "archive: 3 is not a text"),
        (
            SOURCE.format(ingest=", archive: x", table=", pii: {nom: drop}"),
            "flux: archive: flux.nuitee has personal columns",
        ),
        (DATABASE, "no table of this source comes in files"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as refused:
        load_catalog(declared(tmp_path, text))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "also", ["--rehash", "--retry-failed", "--mode full", "--data-path x", "--extract-only"]
)
def test_rebuilding_asks_for_nothing_else(also: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--rebuild-raw", *also.split()])
    assert ended.value.code == 2
    assert f"leave {also.split(' x')[0]} out" in capsys.readouterr().err
