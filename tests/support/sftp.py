"""A real OpenSSH server for one test session."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 15
# The oldest key type that every OpenSSH and paramiko in use agree on without an option.
KEY_TYPE = "ed25519"


@dataclass(frozen=True)
class SftpServer:
    """Where the server listens and the files with which a client may enter."""

    port: int
    user: str
    key_file: Path
    known_hosts: Path

    def url(self, folder: Path) -> str:
        """The URL of a folder of this machine, as it is written into `.env`."""
        return f"sftp://{self.user}@127.0.0.1:{self.port}{folder}"

    @classmethod
    @contextmanager
    def serve(cls, program: str, folder: Path) -> Iterator[SftpServer]:
        """Run `sshd` until the block ends; keys, configuration and log lie in `folder` (0700)."""
        if os.geteuid() == 0:
            # Where sshd, started by root, locks its unprivileged half up.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        host_key, user_key = _key(folder / "host_key"), _key(folder / "user_key")
        port = _free_port()
        configuration = folder / "sshd_config"
        configuration.write_text(
            "\n".join(
                [
                    f"Port {port}",
                    "ListenAddress 127.0.0.1",
                    f"HostKey {host_key}",
                    f"AuthorizedKeysFile {user_key.with_suffix('.pub')}",
                    f"PidFile {folder / 'sshd.pid'}",
                    "PermitRootLogin prohibit-password",
                    "PasswordAuthentication no",
                    "KbdInteractiveAuthentication no",
                    "UsePAM no",
                    "StrictModes no",
                    "Subsystem sftp internal-sftp",
                    "",
                ]
            )
        )
        known_hosts = folder / "known_hosts"
        known_hosts.write_text(
            f"[127.0.0.1]:{port} {host_key.with_suffix('.pub').read_text().strip()}\n"
        )
        log = folder / "sshd.log"
        # sshd wants its absolute path: it executes itself again for each connection.
        process = subprocess.Popen([program, "-D", "-f", str(configuration), "-E", str(log)])
        try:
            _wait_for(port, process, log)
            yield cls(port, getpass.getuser(), user_key, known_hosts)
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def _key(path: Path) -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", KEY_TYPE, "-N", "", "-C", "test", "-f", str(path)], check=True
    )
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"sshd ended at once: {log.read_text() if log.exists() else ''}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"sshd does not answer on port {port}")
