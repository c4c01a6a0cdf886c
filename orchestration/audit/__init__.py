"""`entrepot audit`: the living warehouse against what is declared, right by right.

A page for each kind of thing that is looked at; nothing is changed, and no value of a row is read
into this program.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from psycopg2.extensions import connection as Connection

from ingest.catalog import load_catalog
from ingest.runlog import RunLog, new_run_id
from ingest.settings import LOADER_ROLE, LOG_DIR, TRANSFORMER_ROLE, Warehouse
from ingest.warehouse import connect, require_prepared, transaction
from orchestration.audit.connecting import ask_tls, check_listening, check_passwords
from orchestration.audit.declared import Declaration, declaration
from orchestration.audit.files import check_files
from orchestration.audit.looking import HIDDEN, why_hidden
from orchestration.audit.model import WRONG, Answer, Name, counts, exit_code
from orchestration.audit.personal import check_personal
from orchestration.audit.policies import check_policies, check_ways_around
from orchestration.audit.rights import check_default_rights, check_grants, check_owners
from orchestration.audit.roles import check_memberships, check_roles, check_set_up
from orchestration.audit.telling import as_json, as_table

__all__ = ["declaration", "exit_code", "look", "run_audit"]

# No question of the audit takes longer, nor waits longer for what a build holds.
PATIENCE, WAIT = "120s", "60s"
Check = Callable[[Connection, Declaration], list[Answer]]
# A check, the names that it answers by, and what is said when it finds nothing.
CHECKS: tuple[tuple[Check, Mapping[Name, str]], ...] = (
    (check_files, {"file modes": "settings, state and reports are for their owner alone"}),
    (ask_tls, {"TLS": "the connection is verified, or does not leave this machine"}),
    (check_listening, {"listening": "no server of ours answers other machines"}),
    (check_passwords, {"password method": "SCRAM everywhere that can be seen"}),
    (check_roles, {"roles": "no role or login of ours may do more than its work"}),
    (check_memberships, {"memberships": "builders and readers are apart"}),
    (check_set_up, {"set-up": "what the administrator gives is all there"}),
    (check_owners, {"owners": "each schema and relation is whose it should be"}),
    (
        check_grants,
        {
            "grants": "nobody has more, or less, than is declared",
            "PUBLIC": "everybody has nothing here",
        },
    ),
    (check_default_rights, {"default rights": "new tables are for the builders alone"}),
    (check_policies, {"row policies": "each is in force, and as it was built"}),
    (check_ways_around, {"views and functions": "none shows more than its reader may read"}),
)
PERSONAL: tuple[Check, Mapping[Name, str]] = (
    check_personal,
    {"personal columns": "no personal value in clear in the samples"},
)


def run_audit(
    chosen: Warehouse,
    administrator: Warehouse,
    *,
    as_json_text: bool = False,
    samples: bool = True,
) -> int:
    """Look, print, leave a line in etl.run_log; returns the exit code.

    Args:
        administrator: the login that gives rights here (`orchestration.commands.shared`).
        samples: whether personal values are looked for, which reads a sample of every table.

    Raises:
        SettingsError: the warehouse is not prepared, or dbt cannot read the project.
    """
    began = time.monotonic()
    with closing(connect(chosen)) as opened:
        require_prepared(opened, chosen, [source.schema for source in load_catalog().sources])
    findings = look(declaration(chosen, administrator), samples=samples)
    print(as_json(findings) if as_json_text else as_table(findings))
    _note(chosen, findings, time.monotonic() - began)
    return exit_code(findings)


def look(declared: Declaration, *, samples: bool = True) -> list[Answer]:
    """All answers, in the order of the checks; one that finds nothing says so."""
    found: list[Answer] = []
    with closing(connect(declared.warehouse)) as opened:
        _be_quick(opened)
        for check, names in CHECKS:
            found += _answers(opened, declared, check, names)
    if not samples:
        return found
    # With the rights of dbt, which reads everything and writes nothing of the sources.
    with closing(connect(declared.warehouse, role=TRANSFORMER_ROLE)) as opened:
        _be_quick(opened)
        found += _answers(opened, declared, *PERSONAL)
    return found


def _be_quick(opened: Connection) -> None:
    opened.set_session(readonly=True, autocommit=True)
    with opened.cursor() as cursor:
        # Names are told whole, whatever the login looks up first.
        cursor.execute("set search_path = pg_catalog")
        cursor.execute("select set_config('statement_timeout', %s, false)", (PATIENCE,))
        cursor.execute("select set_config('lock_timeout', %s, false)", (WAIT,))


def _answers(
    opened: Connection, declared: Declaration, check: Check, names: Mapping[Name, str]
) -> list[Answer]:
    try:
        found = check(opened, declared)
    except HIDDEN as error:
        return [Answer(name, "NOT VISIBLE", why_hidden(error), "", "") for name in names]
    told = {finding.check for finding in found}
    return found + [Answer(name, "OK", said) for name, said in names.items() if name not in told]


def _note(chosen: Warehouse, findings: Sequence[Answer], seconds: float) -> None:
    """One line of the run log: how many answers want something, and of which checks."""
    number = counts(findings)
    wrong = [finding for finding in findings if finding.severity in WRONG]
    log = RunLog(new_run_id(), LOG_DIR)
    try:
        log.add(
            "audit",
            "failed" if number["FAIL"] else "warn" if wrong else "ok",
            rows=len(wrong),
            seconds=round(seconds, 3),
            error=", ".join(sorted({finding.check for finding in wrong})) or None,
        )
        with closing(connect(chosen, role=LOADER_ROLE)) as opened:
            with transaction(opened) as cursor:
                waiting = log.insert_waiting(cursor)
            log.written(waiting)
    finally:
        log.close()
