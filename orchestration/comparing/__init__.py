"""Two builds of one model, row by row: what a change of its SQL does to the numbers.

    sides (two relations in one session) -> counting (one full join by key) -> telling

Both sides end up in one database: a scratch build is a temporary table of the session that
compares, and what lies in another database is copied into one. So rows are compared by the server,
in one way, and a session that is killed leaves nothing behind.
"""

from orchestration.comparing.work import Request, run_diff

__all__ = ["Request", "run_diff"]
