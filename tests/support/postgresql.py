"""A PostgreSQL of its own, as a provider gives it: an administrator who is no superuser, and TLS
where its binaries have it.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from psycopg2.extensions import connection as Connection

from ingest.server.binaries import binaries, run_as, tool_environment
from tests.support.services import lacks

DEBIAN = Path("/usr/lib/postgresql")
PASSWORD = "une phrase de passe"
ADMINISTRATOR = "chef"


def programs(major: int) -> Path:
    """The binaries of this version: the embedded ones, or those of a Debian package.

    Where the package is not there, the test is skipped; with REQUIRE_SERVICES=1 it fails.
    """
    if major == 18:
        return binaries()
    folder = DEBIAN / str(major) / "bin"
    if not (folder / "initdb").exists():
        lacks(f"PostgreSQL {major}", f"apt-get install postgresql-{major}")
    return folder


@dataclass
class Managed:
    """A running server; `certificate` is the one to trust, None for a server without TLS."""

    port: int
    certificate: Path | None

    def connect(self, user: str, database: str = "postgres") -> Connection:
        """A connection that commits by itself; every login here has the one password."""
        opened = psycopg2.connect(
            host="127.0.0.1", port=self.port, user=user, password=PASSWORD, dbname=database
        )
        opened.autocommit = True
        return opened

    def do(self, user: str, database: str, *statements: str) -> list[tuple[object, ...]]:
        """Run statements; returns the rows of the last one."""
        opened = self.connect(user, database)
        try:
            with opened.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            opened.close()

    def variables(self, database: str, login: str) -> dict[str, str]:
        """What `.env` says of it for the target prod."""
        secured = {"DWH_DB_SSLROOTCERT": str(self.certificate)}
        bare = {"DWH_DB_SSLMODE": "disable", "DWH_DB_SSLROOTCERT": ""}
        return {
            "DWH_DB_HOST": "127.0.0.1",
            "DWH_DB_PORT": str(self.port),
            "DWH_DB_NAME": database,
            "DWH_DB_USER": login,
            "DBT_PASSWORD": PASSWORD,
            "DWH_ADMIN_USER": "",
            **(secured if self.certificate else bare),
        }


@contextmanager
def served(programs: Path, folder: Path) -> Iterator[Managed]:
    """Make a cluster in a folder, serve it on a free port, and end it with the block."""
    folder.mkdir(mode=0o711)
    data, secret = folder / "data", folder / "password"
    data.mkdir(mode=0o700)
    secret.write_text(PASSWORD)
    _give_away(data, secret)
    _call(
        programs / "initdb",
        *(f"--pgdata={data}", "--username=postgres", "--auth=scram-sha-256"),
        *(f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync"),
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {
        "listen_addresses": "'127.0.0.1'",
        "port": port,
        "unix_socket_directories": "''",
        "fsync": "off",
    }
    certificate = None
    # The embedded binaries are built without it.
    if DEBIAN in programs.parents:
        certificate = _certify(folder, data)
        settings["ssl"] = "on"
    with (data / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.writelines(f"{key} = {value}\n" for key, value in settings.items())
    control = (programs / "pg_ctl", f"--pgdata={data}", "--wait", "--silent")
    _call(*control, f"--log={data / 'start.log'}", "start")
    try:
        made = Managed(port, certificate)
        made.do(
            "postgres",
            "postgres",
            f"create role {ADMINISTRATOR} login createrole createdb password '{PASSWORD}'",
        )
        yield made
    finally:
        _call(*control, "--mode=immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _call(program: Path, *arguments: str) -> None:
    # Not captured: pg_ctl leaves its output open in the server that it starts.
    subprocess.run(
        [str(program), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env=tool_environment(),
        timeout=120,
        **run_as(),  # type: ignore[call-overload]
    )


def _give_away(*paths: Path) -> None:
    """Let the server's own user have these, when we are root."""
    owner = run_as()
    for path in paths if owner else ():
        os.chown(path, int(str(owner["user"])), int(str(owner["group"])))


def _certify(folder: Path, data: Path) -> Path:
    """A certificate for 127.0.0.1, which signs itself; returns what a client is to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = made.public_bytes(serialization.Encoding.PEM)
    private, public = data / "server.key", data / "server.crt"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    private.chmod(0o600)
    public.write_bytes(text)
    _give_away(private, public)
    trusted = folder / "trusted.crt"
    trusted.write_bytes(text)
    return trusted
