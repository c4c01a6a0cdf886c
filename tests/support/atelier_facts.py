"""The facts of the workshop as the delivered logs say."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.support.atelier_oracle import (
    LENGTH,
    START,
    STOP,
    Event,
    Period,
    Session,
    SessionKey,
    field_of,
)
from tests.support.sigeti_numbers import rounded
from tests.support.tables import Row, Tables

SESSION = ("code_centre_usinage", "date_production")
KEYS: dict[str, tuple[str, ...]] = {
    "fait_session_production": SESSION,
    "fait_job_profil": (*SESSION, "numero_job"),
    "fait_periode_arret": (*SESSION, "numero_arret"),
    "fait_periode_attente": (*SESSION, "numero_attente"),
    "fait_piece_production": (*SESSION, "numero_piece"),
    "mart_atelier_performance": SESSION,
    "mart_atelier_rythme": (*SESSION, "debut_heure"),
    "mart_atelier_arrets": (*SESSION, "nature", "classe_duree"),
}
# Marks of the run and of the build.
LEFT_OUT = {"_run_id", "created_at"}


def facts(found: Mapping[SessionKey, Session]) -> Tables:
    """The five facts of these sessions."""
    made: Tables = {name: {} for name in KEYS if name.startswith("fait_")}
    for key, session in found.items():
        made["fait_session_production"][key] = session_row(session)
        for name, rows in (
            ("fait_job_profil", _jobs(session)),
            ("fait_periode_arret", map(_period, session.stops)),
            ("fait_periode_attente", map(_period, session.waits)),
            ("fait_piece_production", _pieces(session)),
        ):
            made[name] |= {(*key, number): row for number, row in enumerate(rows, 1)}
    return made


def session_row(session: Session) -> Row:
    """The figures of a session: hours with four decimals, rates in % with two."""
    pieces = [piece.moment for piece in session.pieces]
    total = seconds(pieces[0], pieces[-1]) if pieces else Fraction(0)
    waited = sum((one.counted for one in session.waits), Fraction(0))
    stopped = sum((one.counted for one in session.stops), Fraction(0))
    stop_rate = rounded(100 * stopped / total) if total else None
    # Both may have been rounded up: the three never exceed 100.
    wait_rate = None if stop_rate is None else min(rounded(100 * waited / total), 100 - stop_rate)
    starts = [event.moment for event in session.events if event.name == START]
    stops = [event.moment for event in session.events if event.name == STOP]
    return {
        "heure_premiere_piece": min(pieces, default=None),
        "heure_derniere_piece": max(pieces, default=None),
        "heure_premier_machine_start": min(starts, default=None),
        "heure_dernier_machine_stop": max(stops, default=None),
        "total_pieces": len(pieces),
        "duree_production_totale": hours(total),
        "temps_attente": hours(waited),
        "temps_arret_volontaire": hours(stopped),
        "temps_production_effectif": hours(total - waited - stopped),
        "taux_occupation": None
        if wait_rate is None or stop_rate is None
        else 100 - wait_rate - stop_rate,
        "taux_attente": wait_rate,
        "taux_arret_volontaire": stop_rate,
        "nb_attentes": len(session.waits),
        "nb_arrets": len(session.stops),
        "fichier_log_source": ", ".join(sorted({event.file.name for event in session.events})),
    }


def seconds(start: Any, end: Any) -> Fraction:
    """Seconds from one moment to another."""
    return Fraction(round((end - start).total_seconds() * 10**6), 10**6)


def hours(of: Fraction) -> Decimal:
    """Seconds as hours with four decimals."""
    return rounded(of / 3600, 4)


def bar(event: Event) -> tuple[str | None, Decimal | None, str | None]:
    """Reference, length in mm and colour of a bar."""
    length = field_of(event.details, "L") or ""
    readable = Decimal(length.replace(",", ".")) if LENGTH.fullmatch(length) else None
    return field_of(event.details, "R"), readable, field_of(event.details, "C")


def _jobs(session: Session) -> Iterable[Row]:
    """Each bar, with the pieces up to the next one."""
    jobs = [job_of(session, piece) for piece in session.pieces]
    for number, event in enumerate(session.bars, 1):
        reference, length, colour = bar(event)
        yield {
            "code_profil": (reference or "").upper(),
            "reference": reference,
            "longueur": length,
            "couleur": colour,
            "famille_profil": field_of(event.details, "G"),
            "timestamp_debut": event.moment,
            "total_pieces": jobs.count(number),
        }


def job_of(session: Session, event: Event) -> int:
    """How many bars were loaded up to an event."""
    return bisect_right([one.order for one in session.bars], event.order)


def _period(period: Period) -> Row:
    return {
        "timestamp_debut": period.start,
        "timestamp_fin": period.end,
        "duree_secondes": rounded(period.seconds, 3),
        "duree_comptee_secondes": rounded(period.counted, 3),
    }


def _pieces(session: Session) -> Iterable[Row]:
    before = None
    for piece in session.pieces:
        yield {
            "timestamp_production": piece.moment,
            "details": piece.details,
            "temps_cycle": None if before is None else int(seconds(before, piece.moment)),
            "numero_job": job_of(session, piece) or None,
        }
        before = piece.moment
