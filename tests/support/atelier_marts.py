"""The marts of the workshop as the sessions say; from their descriptions, not from the SQL."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import count, takewhile
from typing import Any

from tests.support.atelier_facts import KEYS, bar, hours, job_of, session_row
from tests.support.atelier_oracle import Period, Session, SessionKey
from tests.support.house import House
from tests.support.sigeti_numbers import rounded
from tests.support.tables import Row, Tables

HOUR = datetime.timedelta(hours=1)
CLASSES = (
    *((60, "MOINS_1_MIN"), (300, "1_A_5_MIN"), (900, "5_A_15_MIN"), (3600, "15_A_60_MIN")),
    (None, "PLUS_1_H"),
)
PERFORMANCE = (
    *("total_pieces", "duree_production_totale", "temps_production_effectif", "temps_attente"),
    *("temps_arret_volontaire", "taux_occupation", "taux_attente", "taux_arret_volontaire"),
    *("nb_attentes", "nb_arrets"),
)


@dataclass
class Stated:
    """What people state of the machines.

    Attributes:
        shifts: machine, day of the week (1 is Monday), beginning and end of each.
        cycles: seconds a piece, by machine and reference; None for every other reference.
        scrap: pieces that were thrown away, by machine and day.
    """

    shifts: list[tuple[str, int, str, str]] = field(default_factory=list)
    cycles: dict[tuple[str, str | None], Decimal] = field(default_factory=dict)
    scrap: dict[SessionKey, int] = field(default_factory=dict)

    def write(self, house: House) -> None:
        """Put it in the place of what the seeds state."""
        house.call_sql(
            "truncate dwh_reference.equipes_atelier, dwh_reference.cycles_theoriques, "
            "dwh_reference.rebuts_atelier",
            *(
                "insert into dwh_reference.equipes_atelier (code_centre_usinage, code_equipe, "
                f"numero_jour, debut, fin, valide_du) values ('{machine}', '{number}', {weekday}, "
                f"'{begins}', '{ends}', '2020-01-01')"
                for number, (machine, weekday, begins, ends) in enumerate(self.shifts)
            ),
            *(
                "insert into dwh_reference.cycles_theoriques (code_centre_usinage, reference, "
                f"secondes_par_piece) values ('{machine}', {_quoted(reference)}, {seconds})"
                for (machine, reference), seconds in self.cycles.items()
            ),
            *(
                "insert into dwh_reference.rebuts_atelier (code_centre_usinage, date_production, "
                f"pieces_rebutees) values ('{machine}', '{day}', {pieces})"
                for (machine, day), pieces in self.scrap.items()
            ),
        )

    def planned(self, machine: str, day: datetime.date) -> int:
        """Seconds of the shifts of a machine on a day; one may end on the next day."""
        return sum(
            (_clock(ends) - _clock(begins)) % (24 * 3600)
            for of, weekday, begins, ends in self.shifts
            if (of, weekday) == (machine, day.isoweekday())
        )


def _clock(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 3600 + int(minute) * 60


def _quoted(text: str | None) -> str:
    return "null" if text is None else f"'{text}'"


def marts(found: Mapping[SessionKey, Session], stated: Stated) -> Tables:
    """The three marts of these sessions."""
    made: Tables = {name: {} for name in KEYS if name.startswith("mart_")}
    for key, session in found.items():
        made["mart_atelier_performance"][key] = _performance(key, session, stated)
        for moment, row in _curve(session).items():
            made["mart_atelier_rythme"][*key, moment] = row
        for kind, row in _pareto(session).items():
            made["mart_atelier_arrets"][*key, *kind] = row
    return made


def _performance(key: SessionKey, session: Session, stated: Stated) -> Row:
    row = session_row(session)
    planned = stated.planned(session.machine, session.day)
    ran = Fraction(row["temps_production_effectif"])
    made, ideal, scrap = len(session.pieces), _ideal(session, stated), stated.scrap.get(key)
    available = ran * 3600 / planned if planned else None
    fast = ideal / (ran * 3600) if ideal is not None and ran else None
    good = 1 - Fraction(scrap, made) if scrap is not None and made else None
    known = available is not None and fast is not None and good is not None
    return {
        **{name: row[name] for name in PERFORMANCE},
        "temps_planifie": hours(Fraction(planned)) if planned else None,
        "pieces_rebutees": scrap,
        "disponibilite": _percent(available),
        "performance": _percent(fast),
        "qualite": _percent(good),
        "trs": _percent((available or 0) * (fast or 0) * (good or 0)) if known else None,
    }


def _percent(share: Fraction | None) -> Decimal | None:
    return None if share is None else rounded(100 * share)


def _ideal(session: Session, stated: Stated) -> Fraction | None:
    """Seconds that the pieces take at the stated cycles; nothing if one of them has none."""
    total = Fraction(0)
    for piece in session.pieces:
        number = job_of(session, piece)
        reference = bar(session.bars[number - 1])[0] if number else None
        own = stated.cycles.get((session.machine, (reference or "").upper()))
        cycle = own or stated.cycles.get((session.machine, None))
        if cycle is None:
            return None
        total += Fraction(cycle)
    return total if session.pieces else None


def _curve(session: Session) -> dict[datetime.datetime, Row]:
    """Each hour of the clock from the first to the last piece."""
    moments = [piece.moment for piece in session.pieces]
    if not moments:
        return {}
    first, last = moments[0], moments[-1]
    made = Counter(moment.replace(minute=0, second=0) for moment in moments)
    begins = first.replace(minute=0, second=0)
    seen = takewhile(lambda hour: hour <= last, (begins + number * HOUR for number in count()))
    return {
        hour: {
            "heure": hour.hour,
            "total_pieces": made[hour],
            "secondes_observees": int((min(hour + HOUR, last) - max(hour, first)).total_seconds()),
        }
        for hour in seen
    }


def _pareto(session: Session) -> dict[tuple[str, str], Row]:
    """Stops and waits by length, the costliest first."""
    found: dict[tuple[str, str], list[Period]] = defaultdict(list)
    for kind, periods in (("ARRET", session.stops), ("ATTENTE", session.waits)):
        for period in periods:
            found[kind, _class(period.seconds)].append(period)
    costs = {
        kind: (sum(one.counted for one in periods), sum(one.seconds for one in periods))
        for kind, periods in found.items()
    }
    lost = sum(counted for counted, _ in costs.values())
    rows: dict[tuple[str, str], Row] = {}
    so_far = Fraction(0)
    ranked = sorted(costs, key=lambda kind: (-costs[kind][0], -costs[kind][1], *kind))
    for rank, kind in enumerate(ranked, 1):
        counted, lasted = costs[kind]
        so_far += counted
        rows[kind] = {
            "nombre": len(found[kind]),
            "duree_secondes": rounded(lasted, 3),
            "duree_comptee_secondes": rounded(counted, 3),
            "rang": rank,
            "part": _share(counted, lost),
            "part_cumulee": _share(so_far, lost),
        }
    return rows


def _class(seconds: Fraction) -> str:
    return next(name for limit, name in CLASSES if limit is None or seconds < limit)


def _share(part: Any, whole: Any) -> Decimal | None:
    return rounded(100 * Fraction(part) / Fraction(whole)) if whole else None
