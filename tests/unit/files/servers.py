"""Small servers in this process, over a folder: FTP, FTPS and SFTP."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import paramiko
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

USER, PASSWORD = "orange", "p@ss/w:rd"


@contextmanager
def ftp_server(folder: Path, without: tuple[str, ...] = (), perm: str = "elr") -> Iterator[int]:
    """Serve a folder by FTP, without some commands and with these rights; gives the port."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(folder), perm=perm)
    commands = {name: what for name, what in FTPHandler.proto_cmds.items() if name not in without}
    members = {"authorizer": authorizer, "proto_cmds": commands, "auth_failed_timeout": 0}
    server = ThreadedFTPServer(("127.0.0.1", 0), type("Handler", (FTPHandler,), members))
    thread = threading.Thread(target=server.serve_forever, kwargs={"timeout": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.address[1]
    finally:
        server.close_all()
        thread.join(5)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "cert.pem", folder / "key.pem"
    certificate_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


class FtpsServer(threading.Thread):
    """Explicit TLS for one client: enough commands to list and read, none of them in clear."""

    def __init__(self, folder: Path, certificate_file: Path, key_file: Path):
        super().__init__(daemon=True)
        self.folder = folder
        self.clear: list[str] = []
        self.resumed: list[bool] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate_file, key_file)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def run(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            connection.sendall(b"220 ready\r\n")
            stream = connection.makefile("rb")
            while not (line := stream.readline().decode().strip()).startswith("AUTH TLS"):
                if not line:
                    return
                self.clear.append(line)
                connection.sendall(b"530 TLS first\r\n")
            connection.sendall(b"234 TLS\r\n")
            secure = self._context.wrap_socket(connection, server_side=True)
            commands = secure.makefile("rb")
            while line := commands.readline().decode().strip():
                secure.sendall(self._answer(*line.partition(" ")[::2], secure))

    def close(self) -> None:
        self._listener.close()
        self.join(5)

    def _answer(self, command: str, argument: str, control: ssl.SSLSocket) -> bytes:
        fixed = {"USER": b"331 password", "PASS": b"230 in", "PBSZ": b"200 ok", "PROT": b"200 ok"}
        fixed |= {"TYPE": b"200 ok", "OPTS": b"200 ok", "PWD": b'257 "/"', "QUIT": b"221 bye"}
        path = self.folder / argument.lstrip("/")
        if command == "PASV":
            self._data = socket.create_server(("127.0.0.1", 0))
            high, low = divmod(self._data.getsockname()[1], 256)
            return b"227 ok (127,0,0,1,%d,%d)\r\n" % (high, low)
        if command in ("MLSD", "RETR"):
            control.sendall(b"150 here it comes\r\n")
            self._send(path.read_bytes() if command == "RETR" else self._facts(path))
            return b"226 done\r\n"
        if command == "SIZE":
            return b"213 %d\r\n" % path.stat().st_size
        if command == "MDTM":
            return f"213 {_time(path)}\r\n".encode()
        return fixed.get(command, b"502 no") + b"\r\n"

    def _facts(self, folder: Path) -> bytes:
        return "".join(
            f"type={'dir' if path.is_dir() else 'file'};size={path.stat().st_size};"
            f"modify={_time(path)}; {path.name}\r\n"
            for path in folder.iterdir()
        ).encode()

    def _send(self, content: bytes) -> None:
        plain, _ = self._data.accept()
        self._data.close()
        with self._context.wrap_socket(plain, server_side=True) as secure:
            self.resumed.append(bool(secure.session_reused))
            secure.sendall(content)
            with suppress(OSError):
                secure.unwrap()


def _time(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y%m%d%H%M%S")


class _Login(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Files(paramiko.SFTPServerInterface):
    folder: Path

    def _real(self, path: str) -> Path:
        return self.folder / path.lstrip("/")

    def canonicalize(self, path: str) -> str:
        real = Path(os.path.realpath(self._real(path)))
        inside = real.is_relative_to(self.folder.resolve())
        return "/" + str(real.relative_to(self.folder.resolve())) if inside else f"/outside{real}"

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            return [
                paramiko.SFTPAttributes.from_stat(item.lstat(), item.name)
                for item in self._real(path).iterdir()
            ]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def remove(self, path: str) -> int:
        return self._done(lambda: self._real(path).unlink())

    def mkdir(self, path: str, attr: object) -> int:
        return self._done(lambda: self._real(path).mkdir())

    def rename(self, oldpath: str, newpath: str) -> int:
        """As the protocol has it: never over another file."""
        if self._real(newpath).exists():
            return int(paramiko.SFTP_FAILURE)
        return self._done(lambda: self._real(oldpath).rename(self._real(newpath)))

    def _done(self, change: Callable[[], object]) -> int:
        try:
            change()
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno or 0))
        return int(paramiko.SFTP_OK)

    def open(self, path: str, flags: int, attr: object) -> paramiko.SFTPHandle | int:
        try:
            stream = self._real(path).open("rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = stream
        return handle


@contextmanager
def sftp_server(folder: Path, key: paramiko.PKey) -> Iterator[int]:
    """Serve a folder by SFTP with this host key; gives the port."""
    files = type("Files", (_Files,), {"folder": folder})
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                transport = paramiko.Transport(connection)
                transport.add_server_key(key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=_Login())
                transports.append(transport)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        for transport in transports:
            transport.close()
