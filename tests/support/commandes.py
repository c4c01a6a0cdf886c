"""Orders as the order system has them, and what the warehouse must make of them, in plain Python.

Written from docs/commandes.md, not from the SQL: it reads the six tables row by row.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from demo import commandes
from tests.support.compare import differing
from tests.support.house import House
from tests.support.sigeti import source_database

Row = dict[str, Any]
Key = tuple[Any, ...]
Tables = Mapping[str, Sequence[Row]]

KEYS = {
    "dwh_facts.fait_commandes_volets_roulants": ("numero_commande", "extension"),
    "dwh_facts.fait_commandes_coffres": ("numero_commande", "extension", "code_coffre"),
    "dwh_marts.mart_atelier_commandes": ("numero_commande", "extension"),
}
# Marks of landings and builds, which no source row tells.
LEFT_OUT = {"_run_id", "created_at", "date_synchronisation"}
FIRST_DAY, LAST_DAY = date(2015, 1, 1), date(2035, 12, 31)
KEPT = ("cde Planifiee", "lancer en prod", "vitrage")
# A box's code begins with one of these words; behind SOP a digit may follow at once.
BOX = re.compile(r"(SOP|S P|S D|S Q|S T|S TAB|S TN)( .*)?|(SOP)[0-9].*")


@contextmanager
def commandes_database(
    name: str, *, scale: int = 1, seed: int = commandes.DEMO_SEED, day: int = 0
) -> Iterator[str]:
    """The order system as it stands on a day, in PostgreSQL; yields its address."""
    with source_database(name) as url:
        opened = commandes.connect(url)
        commandes.create(opened, scale, seed)
        commandes.advance(opened, day)
        opened.close()
        yield url


def source_rows(url: str) -> dict[str, list[Row]]:
    """Every row of the source as it is now, in either kind of database."""
    opened = commandes.connect(url)
    found = {}
    with opened.cursor() as cursor:
        for table in commandes.TABLES:
            cursor.execute(f'select * from "{table}"')
            names = [column[0] for column in cursor.description]
            found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    opened.close()
    return found


def differences_from(house: House, rows: Tables, today: date) -> list[str]:
    """Every difference of fact, bridge and mart from what the rows say, in words."""
    said = []
    for table, expected in calculated(rows, today).items():
        keys = KEYS[table]
        found: dict[Key, Row] = {}
        for row in house.records(f"select * from {table}"):
            key = tuple(row[name] for name in keys)
            assert key not in found, f"{table}: two rows of one grain: {key}"
            found[key] = {name: row[name] for name in row if name not in {*keys, *LEFT_OUT}}
        said += differing(table, dict.fromkeys(expected, "a row"), dict.fromkeys(found, "a row"))
        both = [key for key in expected if key in found]
        said += differing(table, _cells(expected, both), _cells(found, both))
    return said


def _cells(rows: Mapping[Key, Row], keys: Sequence[Key]) -> dict[Key, Any]:
    return {
        (*key, name): "null" if value is None else value
        for key in keys
        for name, value in rows[key].items()
    }


def calculated(rows: Tables, today: date) -> dict[str, dict[Key, Row]]:
    """The fact, the bridge and the mart."""
    of_order: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table in commandes.TABLES[1:]:
        for row in rows[table]:
            of_order[row["ID_A_Kopf"]][table].append(row)
    chosen: dict[Key, list[Row]] = defaultdict(list)
    for header in rows["A_Kopf"]:
        order = _order(header, of_order[header["ID"]])
        if order is not None:
            chosen[order["number"], order["extension"]].append(order)
    orders = {key: min(found, key=_precedence) for key, found in chosen.items()}
    return {
        "dwh_facts.fait_commandes_volets_roulants": {
            key: _fact(order, len(chosen[key])) for key, order in orders.items()
        },
        "dwh_facts.fait_commandes_coffres": {
            (*key, code): box for key, order in orders.items() for code, box in order["boxes"]
        },
        "dwh_marts.mart_atelier_commandes": {
            key: _mart(order, today) for key, order in orders.items()
        },
    }


# Reading


def _plain(text: str | None) -> str:
    """Without accents and case; what was encoded twice is put right."""
    text = text or ""
    with suppress(UnicodeError):
        text = text.encode("cp1252").decode("utf-8")
    letters = unicodedata.normalize("NFD", text)
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold().strip()


def _code(text: str | None) -> str:
    return " ".join((text or "").upper().split())


def _day(text: str | None) -> date | None:
    for pattern in ("%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d"):
        try:
            found = datetime.strptime((text or "").strip(), pattern).date()
        except ValueError:
            continue
        return found if FIRST_DAY <= found <= LAST_DAY else None
    return None


def _says_planned(note: str | None) -> bool:
    after = _plain(note).split("cde planifiee")[1:]
    return any(not rest.lstrip(" -–:(").startswith("en attente") for rest in after)


# Orders


def _order(header: Row, parts: Mapping[str, list[Row]]) -> Row | None:
    """What is known of a header that is to be made; nothing of another one."""
    status = next((one for one in KEPT if _plain(header["AufStatus"]) == _plain(one)), None)
    notes = [row for row in parts["A_Logbuch"] if _says_planned(row["Notiz"])]
    boxes = _boxes(parts["P_Zubeh"])
    if status is None or not notes or not boxes or not header["AuAlpha"]:
        return None
    moments = [
        datetime.combine(row["Datum"], time.fromisoformat(row["Zeit"]))
        for row in parts["A_Logbuch"]
        if FIRST_DAY <= row["Datum"] <= LAST_DAY
    ]
    return {
        "header": header,
        "number": header["AuNummer"],
        "extension": header["AuAlpha"],
        "status": status,
        "boxes": boxes,
        "in_stock": any("VR" in row["Nummer"] for row in parts["A_Vorgang"]),
        "changed": max(moments, default=None),
        "planned": min(row["Datum"] for row in notes),
        **_free_fields(parts["A_KopfFreie"]),
    }


def _precedence(order: Row) -> tuple[Any, ...]:
    """From stock first, then the last noted about, then by key."""
    changed = order["changed"] or datetime.min
    return (not order["in_stock"], -(changed - datetime.min), order["header"]["ID"])


def _free_fields(sets: Sequence[Row]) -> Row:
    """Frames and days of the first set that has a day, else of the first with frames."""
    read = [
        {
            "frames": int(row["Feld2"]) if (row["Feld2"] or "").strip().isdigit() else None,
            "entered": _day(row["Feld3"]),
            "due": _day(row["Feld5"]),
        }
        for row in sorted(sets, key=lambda row: int(row["Nummer"]))
    ]
    dated = [one for one in read if one["entered"] or one["due"]]
    counted = [one for one in read if one["frames"] is not None]
    return next(iter([*dated, *counted]), {"frames": None, "entered": None, "due": None})


def _boxes(accessories: Sequence[Row]) -> list[tuple[str, Row]]:
    """The boxes of an order, each code once, in the order of their first positions."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in accessories:
        if BOX.fullmatch(_code(row["ZCode"])):
            found[_code(row["ZCode"])].append(row)
    ranked = sorted(found, key=lambda code: (min(row["Position"] for row in found[code]), code))
    return [
        (
            code,
            {
                "code_famille_coffre": _family(code),
                "rang": ranked.index(code) + 1,
                "nb_positions": len({row["Position"] for row in found[code]}),
                "quantite": sum((row["Stueck"] for row in found[code]), Decimal(0)),
            },
        )
        for code in ranked
    ]


def _family(code: str) -> str:
    match = BOX.fullmatch(code)
    assert match is not None
    return match[1] or match[3]


def _fact(order: Row, headers: int) -> Row:
    header = order["header"]
    return {
        "id_commande": header["ID"],
        "type_commande": header["AuftragsTyp"],
        "nature_commande": header["Auftragsart"],
        "systeme": header["FSystemGrp"],
        "status": order["status"],
        "coffre": order["boxes"][0][0],
        "nb_coffres": len(order["boxes"]),
        "gestion_en_stock": order["in_stock"],
        "nb_chassis": order["frames"],
        "montant_ht": header["A_VorMwSt"],
        "date_saisie": order["entered"],
        "date_planification": order["planned"],
        "date_livraison": order["due"],
        "date_modification": order["changed"],
        "nb_entetes": headers,
    }


def _mart(order: Row, today: date) -> Row:
    fact = _fact(order, 1)
    for name in ("id_commande", "type_commande", "nb_entetes", "date_modification"):
        del fact[name]
    entered, due = order["entered"], order["due"]
    age = None if entered is None or entered > today else (today - entered).days
    late = due is not None and due < today
    return {
        **fact,
        "coffres": ", ".join(code for code, _ in order["boxes"]),
        "quantite_coffres": sum((box["quantite"] for _, box in order["boxes"]), Decimal(0)),
        "mode_fabrication": "STOCK" if order["in_stock"] else "SUR_COMMANDE",
        "age_jours": age,
        "code_anciennete": _age_class(age),
        "jours_depuis_planification": (today - order["planned"]).days,
        "est_en_retard": late,
        "retard_jours": (today - due).days if late else None,
    }


def _age_class(age: int | None) -> str:
    if age is None:
        return "INCONNU"
    limits = ((7, "0_7"), (14, "8_14"), (30, "15_30"), (60, "31_60"))
    return next((name for limit, name in limits if age <= limit), "PLUS_60")
