"""Deliveries on an SFTP server whose key we know."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

import paramiko

from ingest.files.errors import FileUnreadable, PlaceUnreachable
from ingest.files.model import Entry
from ingest.files.places import Address, PlaceOptions, RemotePlace, clean, in_its_home, utc

_CHUNK = 1024 * 1024
# Requests of 32 KiB under way at once while a file is read: bounded (8 MiB), and enough. With 64,
# paramiko slept between them: 78 MB took 16 s where it takes 1.4.
_READ_AHEAD = 256
_LOST = (paramiko.SSHException, EOFError, TimeoutError, ConnectionError, socket.timeout)


class SftpPlace(RemotePlace):
    """A folder of an SFTP server. The server's key must be among the known hosts."""

    def __init__(self, address: Address, options: PlaceOptions):
        """Connect, verify the server's key, and log in by key file, password or agent.

        Raises:
            PlaceUnreachable: no answer, unknown or changed key, login refused, no such folder.
        """
        self._address = address
        self._client = paramiko.SSHClient()
        self._client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            self._load_known_hosts(options.known_hosts)
            self._connect(options)
            self._sftp = self._client.open_sftp()
            channel = self._sftp.get_channel()
            if channel is not None:
                channel.settimeout(options.timeout)
            self._root = self._sftp.normalize(_remote_path(address.path))
            if not stat.S_ISDIR(self._sftp.stat(self._root).st_mode or 0):
                raise self._unreachable("it is not a folder: mend the path in the URL")
        except FileNotFoundError as error:
            self._client.close()
            raise self._unreachable("no such folder: mend the path in the URL") from error
        except (*_LOST, OSError) as error:
            self._client.close()
            raise self._unreachable(f"{_text(error)}: see whether the server is up") from error
        except PlaceUnreachable:
            self._client.close()
            raise

    @property
    def label(self) -> str:
        """`sftp://user@host:port/path`."""
        return self._address.label

    def list(self) -> Iterator[Entry]:
        """List recursively; see `Place.list`. Links to folders are not followed."""
        yield from self._list("")

    def fetch(self, entry: Entry, to: Path) -> bool:
        """Copy one file; see `Place.fetch`."""
        source = self._native(entry.native)
        copied = 0
        try:
            with self._sftp.open(source, "rb") as remote, _private(to) as target:
                remote.prefetch(entry.size, max_concurrent_requests=_READ_AHEAD)
                shutil.copyfileobj(remote, target, _CHUNK)
                copied = target.tell()
            after = self._sftp.stat(source)
        except _LOST as error:
            raise self._unreachable(f"lost while reading ({_text(error)}): run again") from error
        except OSError as error:
            raise FileUnreadable(f"cannot be read: {_text(error)}") from error
        found = (copied, after.st_size, utc(after.st_mtime or 0))
        return found != (entry.size, entry.size, entry.mtime)

    def take_away(self, entry: Entry, to: str | None) -> bool:
        """Move or remove one file; see `Place.take_away`."""
        path = self._native(entry.native)
        try:
            found = self._sftp.stat(path)
            if (found.st_size, utc(found.st_mtime or 0)) != (entry.size, entry.mtime):
                return False
            if to is None:
                self._sftp.remove(path)
            else:
                self._make_folders(to)
                self._move(path, self._native(to))
        except _LOST as error:
            raise self._unreachable(f"lost while tidying up ({_text(error)})") from error
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FileUnreadable(f"cannot be taken away: {_text(error)}") from error
        return True

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def _load_known_hosts(self, known_hosts: str | None) -> None:
        path = in_its_home(known_hosts or "~/.ssh/known_hosts")
        if known_hosts and not path.is_file():
            raise self._unreachable(f"the file of known hosts {path} does not exist")
        if path.is_file():
            self._client.load_host_keys(str(path))

    def _connect(self, options: PlaceOptions) -> None:
        host, port = self._address.host, self._address.port
        key_file = in_its_home(options.key_file) if options.key_file else None
        if key_file and not key_file.is_file():
            raise self._unreachable(f"the key file {options.key_file} does not exist")
        secret = options.password
        try:
            self._client.connect(
                host,
                port,
                username=self._address.user,
                password=None if options.key_file else secret,
                passphrase=secret if options.key_file else None,
                key_filename=str(key_file) if key_file else None,
                look_for_keys=not (secret or options.key_file),
                allow_agent=not (secret or options.key_file),
                timeout=options.timeout,
                banner_timeout=options.timeout,
                auth_timeout=options.timeout,
            )
        except paramiko.BadHostKeyException as error:
            raise self._unreachable(
                "the server's key is not the one we know: ask its owner, and only then replace "
                "it in the known hosts"
            ) from error
        except paramiko.AuthenticationException as error:
            raise self._unreachable(
                "login refused: check the user, the password or the key file"
            ) from error
        except paramiko.SSHException as error:
            if "not found in known_hosts" not in str(error):
                raise
            raise self._unreachable(
                f"the server's key is not known: check it with its owner, then add it with "
                f"`ssh-keyscan -p {port} {host} >> ~/.ssh/known_hosts`"
            ) from error

    def _list(self, folder: str) -> Iterator[Entry]:
        try:
            items = self._sftp.listdir_attr(self._native(folder) if folder else self._root)
        except _LOST as error:
            raise self._unreachable(f"lost while listing ({_text(error)}): run again") from error
        except OSError as error:
            raise self._unreachable(
                f"the folder {clean(folder) or '.'} cannot be read ({_text(error)}): give the "
                "right to read it"
            ) from error
        keyed = [
            (clean(item.filename) + ("/" if stat.S_ISDIR(item.st_mode or 0) else ""), item)
            for item in items
        ]
        for key, item in sorted(keyed, key=lambda entry: entry[0]):
            native = f"{folder}{item.filename}"
            if key.endswith("/"):
                yield from self._list(f"{native}/")
            else:
                yield self._file(native, item)

    def _file(self, native: str, item: paramiko.SFTPAttributes) -> Entry:
        refused = None
        if stat.S_ISLNK(item.st_mode or 0):
            item, refused = self._followed(native, item)
        elif not stat.S_ISREG(item.st_mode or 0):
            refused = "not a regular file"
        return Entry(
            clean(native), item.st_size or 0, utc(item.st_mtime or 0), None, native, refused
        )

    def _followed(
        self, native: str, link: paramiko.SFTPAttributes
    ) -> tuple[paramiko.SFTPAttributes, str | None]:
        """The file that a link leads to, and why it may not be read."""
        try:
            real = PurePosixPath(self._sftp.normalize(self._native(native)))
            target = self._sftp.stat(self._native(native))
        except _LOST as error:
            raise self._unreachable(f"lost while listing ({_text(error)}): run again") from error
        except OSError:
            return link, "a symbolic link to nothing"
        if not real.is_relative_to(self._root):
            return target, "a symbolic link that leaves the place"
        if not stat.S_ISREG(target.st_mode or 0):
            return target, "a symbolic link to a folder"
        return target, None

    def _move(self, path: str, to: str) -> None:
        """Rename over what is there, which is the same file, moved before."""
        try:
            self._sftp.posix_rename(path, to)
        except OSError as error:
            if "unsupported" not in str(error).lower():
                raise
            # A server without OpenSSH's extension renames to a free name only.
            with suppress(FileNotFoundError):
                self._sftp.remove(to)
            self._sftp.rename(path, to)

    def _make_folders(self, path: str) -> None:
        for folder in reversed(PurePosixPath(path).parents[:-1]):
            try:
                self._sftp.stat(self._native(str(folder)))
            except FileNotFoundError:
                self._sftp.mkdir(self._native(str(folder)))

    def _native(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}"

    def _unreachable(self, what: str) -> PlaceUnreachable:
        return PlaceUnreachable(f"{self.label}: {what}")


def _remote_path(path: str) -> str:
    """`/~/drop` starts from where the login lands, like the empty path."""
    if path == "/~" or path.startswith("/~/"):
        return "." + path[2:]
    return path or "."


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _text(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.ENOENT):
        return os.strerror(error.errno)
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return " ".join(str(error).split()) or type(error).__name__
