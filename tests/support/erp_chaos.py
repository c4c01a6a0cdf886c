"""Random days in the tables of the ERP, and what must have become of them in raw and in `ods`.

Everything is done directly in the source tables, by one seed: rows come, change (with a newer date,
with an older one, or with none), vanish; a transaction commits late; a key is doubled or missing; a
column appears and is filled. Nothing here knows how landing or snapshots work.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import psycopg2
from psycopg2 import sql

from demo.erp import BASE_DATE
from ingest.catalog import DatabaseOrigin, load_catalog
from ingest.names import snake_case
from tests.support.compare import differing
from tests.support.house import House
from tests.support.sigeti_history import Content, content, contents_differ

Row = dict[str, Any]
Key = tuple[Any, ...]

KEYS = {
    "client": ("cod_cli",),
    "fournis": ("cod_fou",),
    "produit": ("cod_pro",),
    "hisprixa": ("cod_fou", "cod_pro", "dat_px", "hr_mod"),
    "lignecli": ("uniq_id",),
}
# What is changed, and to what: values that staging can read, some of them ugly.
_VALUES: dict[str, dict[str, tuple[Any, ...]]] = {
    "client": {
        "nom_cli": ("Dupont  ", "?", "Lémô €", None),
        "statut": (0, 1, 8, 9),
        "adresse": ("1 rue A;Bât. ~;B;", "a;b;c;d", None),
    },
    "fournis": {"nom_fou": ("Roulements", ".", None), "notation": ("A", "?", None)},
    "produit": {
        "nom_pro": ("Joint", "---", None),
        "zta": (";;OE;;", ";;PMQ;;", None),
        "poid_net": ("  12,50", "1 234", "?"),
        "gencod-v": ("3011111111111", None),
    },
    "hisprixa": {"px_refa": (10, 12.5, 0), "px_ach_rq": ("9;8;7;0;0;0;0;0;0;0", None)},
    "lignecli": {
        "qte": (5, 10, -1, 0),
        "qte_dejl": (0, 3, 10),
        "mt_ht": (100, 0.01, None),
        "dat_liv": ("01/02/2026", "00/00/0000"),
        "gratuit": ("OUI", "0", "No"),
    },
}
_SMALL = 12  # tables with fewer rows lose none


class Chaos:
    """One seed's changes to one database."""

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._draw = random.Random(seed)
        self.today: date = BASE_DATE + timedelta(days=1)
        self.told: list[str] = []
        self._added: list[tuple[str, str]] = []

    def pass_day(self) -> None:
        """Let one day happen, committed as one transaction."""
        self.today += timedelta(days=1)
        self.told.append(f"day {self.today}")
        kinds = [self._update] * 12 + [self._insert] * 4 + [self._delete] * 3
        kinds += [self._commit_late, self._lose_date, self._double_key, self._lose_key]
        kinds += [self._add_column, self._fill_column]
        with closing(psycopg2.connect(self._url)) as opened, opened, opened.cursor() as cursor:
            cursor.execute("set timezone = 'UTC'")
            for _ in range(self._draw.randint(15, 40)):
                self._draw.choice(kinds)(cursor)

    def _table(self) -> str:
        return self._draw.choice(sorted(KEYS))

    def _update(self, cursor: Any) -> None:
        table = self._table()
        column = self._draw.choice(sorted(_VALUES[table]))
        older = self.today - timedelta(days=self._draw.choice((1, 2, 30)))
        changed = {column: self._draw.choice(_VALUES[table][column])}
        if day := self._draw.choice((self.today, self.today, older, None)):
            changed["dat_mod"] = day
        self._write(cursor, table, changed)

    def _insert(self, cursor: Any, day: date | None = None) -> None:
        table = self._table()
        row = self._row(cursor, table)
        last = KEYS[table][0]
        cursor.execute(sql.SQL("select max({}) + 1 from {}").format(_id(last), _name(table)))
        self._add(cursor, table, row | {last: cursor.fetchone()[0], "dat_mod": day or self.today})

    def _commit_late(self, cursor: Any) -> None:
        self._insert(cursor, self.today - timedelta(days=self._draw.choice((1, 10))))

    def _delete(self, cursor: Any) -> None:
        table = self._table()
        cursor.execute(sql.SQL("select count(*) from {}").format(_name(table)))
        if cursor.fetchone()[0] > _SMALL:
            cursor.execute(
                sql.SQL("delete from {} where ctid = %s").format(_name(table)),
                (self._place(cursor, table),),
            )
            self.told.append(f"delete {table}")

    def _lose_date(self, cursor: Any) -> None:
        """Only a full load brings what becomes of this row."""
        self._write(cursor, self._table(), {"dat_mod": None})

    def _double_key(self, cursor: Any) -> None:
        row = self._row(cursor, "lignecli")
        self._add(cursor, "lignecli", row | {"qte": 77, "dat_mod": self.today})

    def _lose_key(self, cursor: Any) -> None:
        row = self._row(cursor, "lignecli")
        self._add(cursor, "lignecli", row | {"uniq_id": None, "dat_mod": self.today})

    def _add_column(self, cursor: Any) -> None:
        table, name = self._table(), f"Ajout-{len(self._added) + 1} é"
        default = self._draw.choice(("", "", " default 7"))
        cursor.execute(
            sql.SQL("alter table {} add column {} integer" + default).format(
                _name(table), _id(name)
            )
        )
        self._added.append((table, name))
        self.told.append(f"new column {table}.{name}{default}")

    def _fill_column(self, cursor: Any) -> None:
        if self._added:
            table, name = self._draw.choice(self._added)
            self._write(cursor, table, {name: self._draw.randint(1, 9), "dat_mod": self.today})

    def _place(self, cursor: Any, table: str) -> str:
        order = sql.SQL(", ").join(map(_id, KEYS[table]))
        cursor.execute(
            sql.SQL("select ctid::text from {} order by {}, ctid").format(_name(table), order)
        )
        return str(self._draw.choice(cursor.fetchall())[0])

    def _row(self, cursor: Any, table: str) -> Row:
        cursor.execute(
            sql.SQL("select * from {} where ctid = %s").format(_name(table)),
            (self._place(cursor, table),),
        )
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))

    def _add(self, cursor: Any, table: str, row: Row) -> None:
        cursor.execute(
            sql.SQL("insert into {} ({}) values ({}) on conflict do nothing").format(
                _name(table),
                sql.SQL(", ").join(map(_id, row)),
                sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            ),
            list(row.values()),
        )
        self.told.append(f"insert {table} {[row[name] for name in KEYS[table]]}")

    def _write(self, cursor: Any, table: str, changed: Row) -> None:
        pairs = sql.SQL(", ").join(sql.SQL("{} = %s").format(_id(name)) for name in changed)
        cursor.execute(
            sql.SQL("update {} set {} where ctid = %s").format(_name(table), pairs),
            [*changed.values(), self._place(cursor, table)],
        )
        self.told.append(f"update {table}: {changed}")


def _id(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _name(table: str) -> sql.Identifier:
    return sql.Identifier("PUB", table)


def source_rows(url: str) -> dict[str, list[Row]]:
    """The rows of the source, under the names that they have in the warehouse."""
    found = {}
    with closing(psycopg2.connect(url)) as opened, opened.cursor() as cursor:
        for table in KEYS:
            cursor.execute(sql.SQL("select * from {}").format(_name(table)))
            names = [snake_case(column.name) for column in cursor.description]
            found[table] = [dict(zip(names, row, strict=True)) for row in cursor]
    return found


def image_rows(house: House) -> dict[str, list[Row]]:
    """The rows of raw, without what landing adds to those of the source."""
    return {table: house.records(f"select * from raw_erp.{table}") for table in KEYS}


def image_differs(image: Mapping[str, list[Row]], source: Mapping[str, list[Row]]) -> list[str]:
    """Where the image of a full load is not the source, personal columns left out.

    Of rows that share a key the image has one, of those with the newest date.
    """
    said = []
    declared = {table.name: table for table in load_catalog().tables if table.source == "erp"}
    for table, rows in source.items():
        origin = declared[table].origin
        assert isinstance(origin, DatabaseOrigin)
        own = {name for row in rows[:1] for name in row} - set(declared[table].pii)
        allowed: dict[Key, set[Content]] = defaultdict(set)
        newest: dict[Key, date] = {}
        for row in rows:
            key, day = _key(table, row), row["dat_mod"] or date.min
            if None in [
                part for part, name in zip(key, KEYS[table], strict=True) if name != "hr_mod"
            ]:
                continue
            if day > newest.get(key, date.min):
                allowed[key].clear()
            newest[key] = max(day, newest.get(key, date.min))
            if day == newest[key]:
                allowed[key].add(_content(row, own))
        found = {_key(table, row): _content(row, own) for row in image[table]}
        assert len(found) == len(image[table]), f"{table}: two rows of one key"
        said += contents_differ(f"image of {table}", allowed, found)
    return said


def rejects_differ(house: House, source: Mapping[str, list[Row]]) -> list[str]:
    """Where, after a full load, the rejected rows are not those without a key of their own."""
    keys = [row["uniq_id"] for row in source["lignecli"] if row["uniq_id"] is not None]
    expected = {
        "null key": len(source["lignecli"]) - len(keys),
        "duplicate key": len(keys) - len(set(keys)),
    }
    found = dict(
        house.rows("select reason, count(*) from etl.rejects where source = 'erp' group by 1")
    )
    return differing("rejects", {reason: n for reason, n in expected.items() if n}, found)


class History:
    """What each build saw: the content of each key, and how many versions it had so far."""

    def __init__(self) -> None:
        self._current: dict[str, dict[Key, Content]] = defaultdict(dict)
        self._versions: dict[str, Counter[Key]] = defaultdict(Counter)

    def see(self, image: Mapping[str, Iterable[Row]]) -> None:
        """A build sees this image."""
        for table, rows in image.items():
            seen = {_key(table, row): content(row) for row in rows}
            for key, said in seen.items():
                if self._current[table].get(key) != said:
                    self._versions[table][key] += 1
            self._current[table] = seen

    def differs(self, house: House) -> list[str]:
        """Where `ods` is not what the builds saw."""
        said: list[str] = []
        for table in KEYS:
            snapshot = f"ods.snap_erp__{table}"
            rows = house.records(f"select * from {snapshot}")
            current = [row for row in rows if row["dbt_valid_to"] is None]
            found = {_key(table, row): content(_bare(row)) for row in current}
            if len(found) < len(current):
                said.append(f"{snapshot}: two current rows of one key")
            versions = Counter(_key(table, row) for row in rows)
            said += differing(f"versions of {snapshot}", self._versions[table], versions)
            expected = {key: {own} for key, own in self._current[table].items()}
            said += contents_differ(f"current rows of {snapshot}", expected, found)
        return said


def _bare(row: Row) -> Row:
    """Without the key in one text, which the snapshot of a key of several columns needs."""
    return {name: value for name, value in row.items() if name != "cle_prix"}


def _key(table: str, row: Row) -> Key:
    return tuple(row[name] for name in KEYS[table])


def _content(row: Row, own: set[str]) -> Content:
    return content({name: value for name, value in row.items() if name in own})
