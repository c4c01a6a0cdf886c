"""What goes wrong in a living order system, put in with `--faults`; the plain demo has none of it.

Each statement holds for PostgreSQL and MySQL alike, and takes an order of day 0 that is there. The
spoilt rows stay while days pass, unless a change concerns the same cell.
"""

from __future__ import annotations

from demo.database import Fault


def _changed(name: str, table: str, column: str, value: str, key: str, chosen: str) -> Fault:
    """One cell of the rows that a query chooses by their key (MySQL wants it in a second one)."""
    return Fault(
        name,
        table,
        f'update "{table}" set "{column}" = {value} '
        f'where "{key}" in (select chosen from ({chosen}) as found)',
    )


def _order(place: int) -> str:
    """The key of one of the first orders, each in turn."""
    return (
        'select "ID" as chosen from "A_Kopf" where "AuftragsTyp" = \'AB\' '
        f'order by "ID" limit 1 offset {place}'
    )


def _entry(place: int) -> str:
    return (
        'select "ID" as chosen from "A_Logbuch" where "Notiz" like \'cde Planifi%\' '
        f'order by "ID" limit 1 offset {place}'
    )


FAULTS = (
    _changed("missing extension", "A_Kopf", "AuAlpha", "null", "ID", _order(1)),
    _changed("unknown status", "A_Kopf", "AufStatus", "'cde à vérifier'", "ID", _order(2)),
    _changed("unreadable status", "A_Kopf", "AufStatus", "'Termin\ufffde'", "ID", _order(3)),
    _changed("unreadable number", "A_KopfFreie", "Feld2", "'drei'", "ID_A_Kopf", _order(4)),
    _changed(
        "day that does not exist", "A_KopfFreie", "Feld3", "'31.02.2025'", "ID_A_Kopf", _order(5)
    ),
    _changed("unreadable day", "A_KopfFreie", "Feld5", "'KW 48'", "ID_A_Kopf", _order(6)),
    _changed("unreadable note", "A_Logbuch", "Notiz", "'cde Planifi\ufffde'", "ID", _entry(3)),
    _changed("day outside the calendar", "A_Logbuch", "Datum", "'1899-12-30'", "ID", _entry(5)),
)
