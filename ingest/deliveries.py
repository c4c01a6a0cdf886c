"""The road of delivered files: one place, listed, compared with the ledger, and read.

    place.list() -> what is new or open -> archive -> members -> naming -> reader -> sink

A file that cannot be taken never stops the others: it ends in the ledger with its reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from ingest.archive import Archive, Copy
from ingest.catalog import FilesOrigin, LinesOrigin, Source, Table
from ingest.file_readers import Reader, gathered, read_lines, read_records
from ingest.files.archives import Container, Member
from ingest.files.errors import (
    FileGrowing,
    FileRefused,
    FilesError,
    FileUnreadable,
    NamingConflict,
    PlaceUnreachable,
)
from ingest.files.model import Entry, Limits, RejectSink
from ingest.files.naming import Ignored, Named, Naming, Pending, is_archive
from ingest.files.places import Opens
from ingest.ledger import PURGED, Delivery, Outer, file_id
from ingest.package import Reading
from ingest.rejects import RejectFile
from ingest.remembered import Container as Remembered
from ingest.remembered import Known
from ingest.sink import Sink
from ingest.wishes import Wishes


@dataclass
class Road:
    """One place of one source, and what is asked of it. `tables`: those that arrive here."""

    source: Source
    connection: str
    tables: Mapping[str, Table]
    wishes: Wishes
    sink: Sink
    scratch: Path
    limits: Limits = field(default_factory=Limits)
    pii_key: bytes | None = None
    spend: Callable[[Table, float], None] = lambda table, seconds: None
    archive: Archive | None = None

    def __post_init__(self) -> None:
        origins = {
            table.name: table.origin
            for table in self.source.tables
            if isinstance(table.origin, FilesOrigin | LinesOrigin)
        }
        self._naming = Naming.of(origins, self.source.ignore)
        self._files = 0
        # What this run has loaded: where all is loaded anew, a copy of it is not.
        self._loaded: set[str] = set()

    # What to read

    def to_read(
        self, entries: Sequence[Entry], remembered: Mapping[str, Remembered]
    ) -> list[Entry]:
        """The entries that are new, changed, or open and asked for; by priority, then path."""
        chosen = [entry for entry in entries if self._must_read(entry, remembered.get(entry.path))]
        return sorted(chosen, key=lambda entry: (self._priority(entry.path), entry.path))

    def _priority(self, path: str) -> int:
        judged = self._name(path)
        if isinstance(judged, Named):
            return int(self.source_table(judged.table).priority)
        return 0

    def _must_read(self, entry: Entry, held: Remembered | None) -> bool:
        if held is None or not self.outer(entry).same_as(held.outer):
            return True
        if self.wishes.rehash or self.wishes.reload or self._lacks_copy(entry, held):
            # What is left out stays as it is known, instead of waiting for the next run.
            unopened = self._unopened(entry)
            if unopened is None or unopened.status != "pending":
                return True
        return any(self._is_open(entry, known) for known in held.files)

    def _lacks_copy(self, entry: Entry, held: Remembered) -> bool:
        """Whether a file that landed before its source had an archive is now to be archived."""
        if not self.archive or not held.has_content or held.outer.sha256:
            return False
        judged = self._judge(entry.path)
        named = not isinstance(judged, Named) or judged.table in self.wishes.tables
        return named and not self.wishes.are_for_some

    def _is_open(self, entry: Entry, known: Known) -> bool:
        """Whether what an earlier run left of an unchanged file is to be done now."""
        if known.status == "failed" and not self.wishes.retry_failed:
            return False
        size = entry.size if known.path == entry.path else known.size_bytes
        if self.wishes.is_too_large(size):
            return False
        if known.path == entry.path and is_archive(entry.path):
            return known.status != "ignored"
        judged = self._judge(known.path)
        return isinstance(judged, Named) and not self.wishes.leaves_out(
            known.path, judged, entry.mtime
        )

    def outer(self, entry: Entry) -> Outer:
        return Outer(self.connection, entry.path, entry.size, entry.mtime, entry.ctime)

    def source_table(self, name: str) -> Table:
        return next(table for table in self.source.tables if table.name == name)

    def _name(self, path: str) -> Named | Ignored | Pending:
        try:
            return self._naming.judge(path)
        except NamingConflict as error:
            # Judged again in every run: the file lands once the declarations are mended.
            return Ignored(str(error))

    def _judge(self, path: str) -> Named | Ignored | Pending:
        """Judge a name; a table that arrives in another place takes nothing here."""
        judged = self._name(path)
        if isinstance(judged, Named) and judged.table not in self.tables:
            other = self.source_table(judged.table).connections[0]
            return Ignored(f"{judged.table} arrives at {other}")
        return judged

    # Reading

    def read(self, place: Opens, entry: Entry, held: Remembered | None) -> Reading:
        """Read one outer file and hand what it holds to the sink, once the archive has it.

        Raises:
            PlaceUnreachable: the place or the archive went away; nothing of this file was recorded.
            LoadFailed, LockLost: from the sink.
        """
        return self.read_into(Reading(self.outer(entry), []), place, entry, held)

    def read_into(
        self, reading: Reading, place: Opens, entry: Entry, held: Remembered | None
    ) -> Reading:
        """As `read`, for a reading that the caller has begun."""
        unopened = self._unopened(entry)
        if unopened:
            reading.deliveries.append(unopened)
            self.sink.complete(reading)
            return reading
        try:
            with (
                place.open(entry, self.scratch) as local,
                Container(local.path, entry.path, self.scratch, self.limits) as container,
            ):
                for member in container.members():
                    self._read_member(member, entry, held, reading)
                copy = self._copy(local.path, entry, reading)
                if local.has_changed():
                    raise FileGrowing("its size or date changed while it was read")
                self._keep(copy, reading)
        except FileGrowing as error:
            return self._give_up(entry, reading, "pending", str(error))
        except FileUnreadable as error:
            return self._give_up(entry, reading, "failed", str(error))
        except PlaceUnreachable:
            _forget(reading)
            self.sink.drop()
            raise
        if reading.is_again:
            wanted = [d for d in reading.deliveries if self.wishes.includes(d.file_id)]
            reading.deliveries = wanted
        elif not reading.deliveries:
            reading.deliveries.append(self._whole(entry, "ignored", "an archive without files"))
        self.sink.complete(reading)
        self._loaded.update(item.file_id for item in reading.loaded if item.file_id)
        return reading

    def _copy(self, path: Path, entry: Entry, reading: Reading) -> Copy | None:
        if not self.archive:
            return None
        # A file that is no archive is its own content, whose hash is known.
        own = {delivery.sha256 for delivery in reading.deliveries if delivery.path == entry.path}
        return self.archive.copy(path, own.pop() if own else None)

    def _keep(self, copy: Copy | None, reading: Reading) -> None:
        if self.archive and copy:
            self.archive.keep(copy)
            reading.outer = replace(reading.outer, sha256=copy.sha256)
            self.archive.note(reading.outer, reading.read_at, self.sink.run_id)

    def _unopened(self, entry: Entry) -> Delivery | None:
        """What is known of an outer file without opening it."""
        if entry.refused:
            return self._whole(entry, "ignored", entry.refused)
        judged = self._judge(entry.path)
        if isinstance(judged, Pending):
            return self._whole(entry, "pending", judged.reason)
        if isinstance(judged, Ignored):
            if is_archive(entry.path) and judged.reason not in self.source.ignore.values():
                reason = self.wishes.is_too_large(entry.size)
                return self._whole(entry, "pending", reason) if reason else None
            return self._whole(entry, "ignored", judged.reason)
        reason = self.wishes.leaves_out(
            entry.path, judged, entry.mtime
        ) or self.wishes.is_too_large(entry.size)
        return self._named(entry.path, judged, "pending", reason) if reason else None

    def _give_up(self, entry: Entry, reading: Reading, status: str, reason: str) -> Reading:
        whole = replace(reading, deliveries=[self._whole(entry, status, reason)], rejects=[])
        _forget(reading)
        self.sink.drop()
        self.sink.complete(whole)
        return whole

    def _whole(self, entry: Entry, status: str, reason: str) -> Delivery:
        judged = self._name(entry.path)
        if isinstance(judged, Named):
            return self._named(entry.path, judged, status, reason)
        return Delivery(entry.path, self.source.name, status, reason, size_bytes=entry.size)

    def _named(self, path: str, named: Named, status: str, reason: str | None = None) -> Delivery:
        origin = self.source_table(named.table).origin
        return Delivery(
            path=path,
            source=self.source.name,
            status=status,
            reason=reason,
            table_name=named.table,
            logical_name=named.logical_name,
            kind=origin.kind if isinstance(origin, FilesOrigin | LinesOrigin) else None,
            period=named.period,
            zone=named.zone,
        )

    def _read_member(
        self, member: Member, entry: Entry, held: Remembered | None, reading: Reading
    ) -> None:
        delivery = self._judged_member(member, entry, held)
        if delivery is None:
            return
        reading.deliveries.append(delivery)
        delivery.size_bytes = member.size
        if delivery.status != "content":
            return
        failures = self._failures(entry, held)
        try:
            content = member.extract()
            delivery.sha256, delivery.size_bytes = content.sha256, content.size
            assert delivery.table_name and delivery.logical_name
            delivery.file_id = file_id(
                self.source.name, delivery.table_name, delivery.logical_name, content.sha256
            )
            if not self.wishes.includes(delivery.file_id):
                return
            known = failures.get((member.path, content.sha256))
            if known and not self.wishes.retry_failed and not self.wishes.rehash:
                delivery.status, delivery.reason = "failed", known.reason
                delivery.is_old_failure = True
                return
            is_here = any(item.file_id == delivery.file_id for item in reading.loaded)
            landed = is_here or self.sink.has_landed(delivery.file_id)
            is_again = is_here or delivery.file_id in self._loaded
            if landed and self.sink.is_purged(delivery.file_id):
                delivery.status, delivery.reason = "withdrawn", PURGED
            elif not landed or (self.wishes.reload and not is_again):
                self._read_table(member, content.path, delivery, reading, replace=landed)
        except FileGrowing:
            raise
        except (FileRefused, FileUnreadable) as error:
            delivery.status, delivery.reason = "failed", str(error)
        except (pa.ArrowException, UnicodeError) as error:
            # Not foreseen, so its message may quote a value: only its kind is told.
            delivery.status = "failed"
            delivery.reason = f"cannot be read ({type(error).__name__})"

    def _judged_member(
        self, member: Member, entry: Entry, held: Remembered | None
    ) -> Delivery | None:
        """What the name and the archive say of a member; None: it is settled and not asked for."""
        judged = self._judge(member.path)
        if member.refused:
            delivery = Delivery(member.path, self.source.name, "failed", member.refused)
            if isinstance(judged, Named):
                delivery = self._named(member.path, judged, "failed", member.refused)
            delivery.is_old_failure = (
                self._is_same(entry, held)
                and (member.path, "") in self._failures(entry, held)
                and not self.wishes.retry_failed
                and not self.wishes.rehash
            )
            return delivery
        if not isinstance(judged, Named):
            # A name cannot say that a member is still being uploaded: its archive is whole.
            return Delivery(member.path, self.source.name, "ignored", judged.reason)
        reason = self.wishes.leaves_out(
            member.path, judged, entry.mtime
        ) or self.wishes.is_too_large(member.size)
        if reason and self._is_same(entry, held) and not self._was_open(member.path, held):
            return None
        return self._named(member.path, judged, "pending" if reason else "content", reason)

    def _is_same(self, entry: Entry, held: Remembered | None) -> bool:
        return held is not None and self.outer(entry).same_as(held.outer)

    def _was_open(self, path: str, held: Remembered | None) -> bool:
        return held is not None and any(known.path == path for known in held.files)

    def _failures(self, entry: Entry, held: Remembered | None) -> dict[tuple[str, str], Known]:
        if held is None:
            return {}
        return {(k.path, k.sha256): k for k in held.files if k.status == "failed"}

    def _read_table(
        self, member: Member, path: Path, delivery: Delivery, reading: Reading, *, replace: bool
    ) -> None:
        began = time.monotonic()
        table = self.tables[delivery.table_name or ""]
        assert delivery.file_id
        self._files += 1
        rejects = RejectFile(
            self.scratch / f"rejects-{self._files}",
            run_id=self.sink.run_id,
            source=table.source,
            table=table.name,
            file_id=delivery.file_id,
            delivered=member.path,
        )
        try:
            file = self._reader(table, path, delivery, rejects.add, has_landed=replace)
            for batch in gathered(file.batches()):
                self.sink.add(table, delivery.file_id, batch, replace=replace)
        except (FilesError, pa.ArrowException, ValueError):
            rejects.forget()
            raise
        result = file.result
        reading.rejects.append(rejects)
        delivery.loaded, delivery.replaces = True, replace
        delivery.rows_read = result.rows_read
        delivery.rows_landed = result.rows_landed
        delivery.rows_rejected = result.rows_rejected
        delivery.encoding, delivery.separator = result.encoding, result.separator
        delivery.first_day, delivery.last_day = result.first_day, result.last_day
        delivery.columns, delivery.rejects = result.columns, result.rejects
        self.spend(table, time.monotonic() - began)

    def _reader(
        self,
        table: Table,
        path: Path,
        delivery: Delivery,
        rejects: RejectSink,
        *,
        has_landed: bool,
    ) -> Reader:
        if isinstance(table.origin, LinesOrigin):
            assert delivery.logical_name and delivery.file_id
            found = self.sink.beginning(
                table, delivery.logical_name, delivery.file_id, path, has_landed=has_landed
            )
            return read_lines(table, path, delivery, rejects, found)
        return read_records(
            table,
            path,
            delivery,
            rejects,
            columns=self.sink.columns(table),
            scratch=self.scratch,
            pii_key=self.pii_key,
            limits=self.limits,
        )


def _forget(reading: Reading) -> None:
    for file in reading.rejects:
        file.forget()
