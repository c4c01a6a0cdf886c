"""Deliveries on an FTP server, in clear or (ftps) under TLS with a verified certificate."""

from __future__ import annotations

import ftplib
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from ingest.files.errors import FileUnreadable, PlaceUnreachable
from ingest.files.model import Entry
from ingest.files.places import Address, PlaceOptions, RemotePlace, clean

_CHUNK = 1024 * 1024
_T = TypeVar("_T")
_LOST: tuple[type[BaseException], ...] = (EOFError, *ftplib.all_errors)
# Sorting key ('/' at the end of a folder), native path, entry (None for a folder).
_Item = tuple[str, str, Entry | None]
_Items = list[_Item]
_Names = list[str]


class _SameSession(ftplib.FTP_TLS):
    """Data connections resume the TLS session of the control connection: many servers insist."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, Any]:
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        control = self.sock
        if self._prot_p and isinstance(control, ssl.SSLSocket):  # type: ignore[attr-defined]
            connection = self.context.wrap_socket(
                connection, server_hostname=self.host, session=control.session
            )
        return connection, size


class FtpPlace(RemotePlace):
    """A folder of an FTP server. `ftps` is explicit TLS (AUTH TLS), for data as well."""

    def __init__(self, address: Address, options: PlaceOptions):
        """Connect, verify the certificate (ftps), log in.

        Raises:
            PlaceUnreachable: no answer, bad certificate, login refused, no such folder.
        """
        self._address = address
        context = ssl.create_default_context(cafile=options.ca_file)
        tls = _SameSession(context=context, timeout=options.timeout)
        self._ftp = tls if address.scheme == "ftps" else ftplib.FTP(timeout=options.timeout)
        self._ftp.encoding = "utf-8"
        self._root = ""
        self._facts = True
        try:
            self._ftp.connect(address.host, address.port)
            self._ftp.login(address.user or "anonymous", options.password or "")
            if isinstance(self._ftp, ftplib.FTP_TLS):
                self._ftp.prot_p()
            # Some servers speak UTF-8 only when asked; others do not know the question.
            self._tolerated("OPTS UTF8 ON")
            if address.path:
                self._ftp.cwd(_remote_path(address.path))
            self._root = self._ftp.pwd().rstrip("/")
        except ssl.SSLCertVerificationError as error:
            self._ftp.close()
            raise self._unreachable(
                f"its certificate is not trusted ({error.verify_message}): ask its owner, or name "
                "its authority in the CA_FILE setting"
            ) from error
        except ftplib.error_perm as error:
            self._ftp.close()
            raise self._unreachable(
                f"refused ({_text(error)}): check the user, the password and the path"
            ) from error
        except _LOST as error:
            self._ftp.close()
            raise self._unreachable(f"{_text(error)}: see whether the server is up") from error

    @property
    def label(self) -> str:
        """`ftp://user@host:port/path`."""
        return self._address.label

    def list(self) -> Iterator[Entry]:
        """List recursively, by MLSD, else by NLST, SIZE and MDTM; see `Place.list`."""
        yield from self._list("")

    def fetch(self, entry: Entry, to: Path) -> bool:
        """Copy one file; see `Place.fetch`."""
        source = self._native(entry.native)
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as target:
            self._file_answer(lambda: self._ftp.retrbinary(f"RETR {source}", target.write, _CHUNK))
            copied = target.tell()
        size, modified = self._file_answer(lambda: self._size_and_time(source))
        return (copied, size, modified) != (entry.size, entry.size, entry.mtime)

    def take_away(self, entry: Entry, to: str | None) -> bool:
        """Move or remove one file; see `Place.take_away`."""
        path = self._native(entry.native)

        def take() -> bool:
            # A list was sent as text, and a text has no SIZE.
            self._ftp.voidcmd("TYPE I")
            if self._size_and_time(path) != (entry.size, entry.mtime):
                return False
            if to is None:
                self._ftp.delete(path)
            else:
                for folder in reversed(PurePosixPath(to).parents[:-1]):
                    if not self._is_folder(self._native(str(folder))):
                        self._ftp.mkd(self._native(str(folder)))
                self._ftp.rename(path, self._native(to))
            return True

        return self._file_answer(take, "taken away")

    def close(self) -> None:
        """End the connection."""
        try:
            self._ftp.quit()
        except ftplib.all_errors:
            self._ftp.close()  # it is gone already: nothing is lost

    def _list(self, folder: str) -> Iterator[Entry]:
        items = self._place_answer(folder, lambda: self._items(folder))
        for key, native, entry in sorted(items, key=lambda item: item[:2]):
            if entry is not None:
                yield entry
            elif key.endswith("/"):
                yield from self._list(f"{native}/")

    def _items(self, folder: str) -> _Items:
        path = self._native(folder)
        if self._facts:
            try:
                found = list(self._ftp.mlsd(path, ["type", "size", "modify"]))
                return [item for name, facts in found for item in _fact(folder, name, facts)]
            except ftplib.error_perm as error:
                if not str(error).startswith(("500", "501", "502", "504")):
                    raise
                self._facts = False
        return [self._probe(folder, name.split("/")[-1]) for name in self._names(path)]

    def _names(self, path: str) -> _Names:
        try:
            names = self._ftp.nlst(path)
        except ftplib.error_perm as error:
            if str(error).startswith("550") and self._is_folder(path):
                return []  # how some servers tell an empty folder
            raise
        finally:
            # A list is sent as text, and a text has no SIZE.
            self._ftp.voidcmd("TYPE I")
        return [name for name in names if name.split("/")[-1] not in ("", ".", "..")]

    def _probe(self, folder: str, name: str) -> _Item:
        native = f"{folder}{name}"
        path = self._native(native)
        if self._is_folder(path):
            return clean(native) + "/", native, None
        size, modified = self._size_and_time(path)
        return clean(native), native, Entry(clean(native), size, modified, None, native)

    def _is_folder(self, path: str) -> bool:
        try:
            self._ftp.cwd(path)
        except ftplib.error_perm:
            return False
        self._ftp.cwd(self._root or "/")
        return True

    def _size_and_time(self, path: str) -> tuple[int, datetime]:
        size = self._ftp.size(path)
        return size or 0, _time(self._ftp.voidcmd(f"MDTM {path}").split()[-1])

    def _tolerated(self, command: str) -> None:
        try:
            self._ftp.sendcmd(command)
        except (ftplib.error_perm, ftplib.error_reply):
            return

    def _place_answer(self, folder: str, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except UnicodeDecodeError as error:
            raise self._unreachable(
                f"names in the folder {clean(folder) or '.'} are not UTF-8: set the server to UTF-8"
            ) from error
        except ftplib.error_perm as error:
            raise self._unreachable(
                f"the folder {clean(folder) or '.'} cannot be read ({_text(error)}): give the "
                "right to read it"
            ) from error
        except _LOST as error:
            raise self._unreachable(f"lost while listing ({_text(error)}): run again") from error

    def _file_answer(self, ask: Callable[[], _T], done: str = "read") -> _T:
        try:
            return ask()
        except ftplib.error_perm as error:
            raise FileUnreadable(f"cannot be {done}: {_text(error)}") from error
        except _LOST as error:
            raise self._unreachable(f"lost while reading ({_text(error)}): run again") from error

    def _native(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/") or "/"

    def _unreachable(self, what: str) -> PlaceUnreachable:
        return PlaceUnreachable(f"{self.label}: {what}")


def _fact(folder: str, name: str, facts: dict[str, str]) -> Iterator[_Item]:
    native = f"{folder}{name}"
    kind = facts.get("type", "file").lower()
    if kind == "dir":
        yield clean(name) + "/", native, None
    elif kind not in ("cdir", "pdir"):
        # Links show as OS.unix=slink:... . Where they lead cannot be asked by FTP.
        refused = None if kind == "file" else "not a regular file"
        modified = _time(facts.get("modify", "19700101000000"))
        size = int(facts.get("size", "0"))
        yield clean(name), native, Entry(clean(native), size, modified, None, native, refused)


def _remote_path(path: str) -> str:
    """`/~/drop` starts from where the login lands."""
    return path[3:] or "." if path == "/~" or path.startswith("/~/") else path


def _time(text: str) -> datetime:
    """Read `20240713120000.123` (UTC, as RFC 3659 has it) to the second."""
    match = re.match(r"([0-9]{14})", text)
    if not match:
        raise ftplib.error_proto(f"not a time: {text}")
    return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _text(error: BaseException) -> str:
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return " ".join(str(error).split()) or type(error).__name__
