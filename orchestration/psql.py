"""`entrepot psql`: a session on the warehouse, as its owner or as a reader sees it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from ingest import server
from ingest.settings import SettingsError, Warehouse, child_environment


def open_psql(chosen: Warehouse, role: str, arguments: Sequence[str]) -> int:
    """Run psql as `owner` (the login of the profile) or `reader`; returns its exit code.

    Raises:
        SettingsError: another role, or the reader of a server that is not the embedded one.
    """
    if role == "reader":
        if not chosen.embedded:
            raise SettingsError(
                "the reader's password of this target is not kept here; "
                "connect with psql and the login that its administrator gave."
            )
        chosen = server.reader(chosen.dbname)
    elif role != "owner":
        raise SettingsError(f"--role is owner or reader, not '{role}'.")
    if chosen.embedded:
        program: str | None = str(server.binaries() / ("psql.exe" if os.name == "nt" else "psql"))
    else:
        program = shutil.which("psql") or str(server.binaries() / "psql")
    variables = {
        **child_environment(),
        "PGPASSWORD": chosen.password,
        "PGSSLMODE": chosen.sslmode,
        **({"PGSSLROOTCERT": chosen.sslrootcert} if chosen.sslrootcert else {}),
        "PGAPPNAME": "entrepot psql",
    }
    command = [str(program), "-h", chosen.host, "-p", str(chosen.port), "-U", chosen.user]
    done = subprocess.run([*command, "-d", chosen.dbname, *arguments], env=variables, check=False)
    return done.returncode
