"""What happens in the ERP on a day: rows come, change and vanish, and some are committed late.

Each day brings customers, suppliers, products, prices and order lines; of each table the last two
new rows show an older date: one of the day before, one of six days ago. About one row of a hundred
changes and shows the day's date, two of each table change and show an older one. Order lines that
were delivered in full are closed: they vanish. On NEW_COLUMN_DAY customers get one more column.
"""

from __future__ import annotations

from psycopg2.extensions import cursor as Cursor

from demo.erp.columns import text
from demo.erp.size import BASE_DATE, FEWEST_NEW, LATE_BEYOND, LATE_WITHIN, ROWS, Making
from demo.erp.tables import SCHEMA, TABLES, add, named, quoted, rows_at_first

NEW_COLUMN_DAY = 5
NEW_COLUMN = ("Cod_LEI", "varchar(20)", "Identifiant international (LEI)")
# Of a thousand rows, how many change on a day, and what changes in them.
_CHANGES = {
    "fournis": (5, "mt_franco = mt_franco + 10, notation = 'B'"),
    "client": (
        8,
        "mt_franco = mt_franco + 50, "
        "statut = case statut when 0 then 1 when 1 then 0 else statut end",
    ),
    "produit": (
        10,
        "px_refv = round(px_refv * 1.02, 4), px_refa = round(px_refa * 1.015, 4), "
        "marque = case when marque in ('?', '.') then 'BOSCH' else marque end",
    ),
    "hisprixa": (8, "px_refa = px_refa + 0.05"),
    "lignecli": (
        15,
        "qte_dejl = qte, qte_rlk = 0, qte_res = 0, no_bl = 990000, reliquat = 'NON'",
    ),
}
# Of a thousand rows on day 0, how many vanish on a day.
_VANISH = {"lignecli": (10, "qte_dejl >= qte"), "hisprixa": (0.1, "true")}


def write_day(cursor: Cursor, scale: float, seed: int, day: int) -> int:
    """Let a day pass; return the number of rows inserted, updated and deleted."""
    making = Making(scale, seed, day)
    count = 0
    if day == NEW_COLUMN_DAY:
        _new_column(cursor)
    for name in ROWS:
        # Yesterday's last deliveries are closed before today's are noted.
        count += _vanish(cursor, making, name)
        count += _change(cursor, making, name)
        count += _come(cursor, making, name)
    if day >= NEW_COLUMN_DAY:
        column = quoted(NEW_COLUMN[0])
        which = f"{column} is null and {_quiet(making)}"
        chosen = _some(making, "client", "lei", making.share("client", 4), which)
        cursor.execute(
            f"update {named('client')} set {column} = 'LEI' || cod_cli, "
            f"dat_mod = date '{making.today}' where {chosen}"
        )
        count += cursor.rowcount
    # Nobody notes when a label changes.
    cursor.execute(
        f"update {named('tabgco')} set inti_tab = left(inti_tab, 40) || ' ({day})' "
        f"where {_some(making, 'tabgco', 'label', 1, 'true')}"
    )
    return count + cursor.rowcount


def _come(cursor: Cursor, making: Making, name: str) -> int:
    new = making.new(name)
    if new < FEWEST_NEW:
        return 0
    first = rows_at_first(making, name) + new * (making.day - 1) + 1
    count = 0
    for late, start, end in (
        (0, first, first + new - 3),
        (LATE_WITHIN, first + new - 2, first + new - 2),
        (LATE_BEYOND, first + new - 1, first + new - 1),
    ):
        rows = Making(making.scale, making.seed, making.day, late)
        count += add(cursor, TABLES[name](rows), start, end)
    return count


def _change(cursor: Cursor, making: Making, name: str) -> int:
    if name not in _CHANGES:
        return 0
    permille, values = _CHANGES[name]
    count = 0
    for late, size in (
        (0, making.share(name, permille)),
        (LATE_WITHIN, 1),
        (LATE_BEYOND, 1),
    ):
        rows = Making(making.scale, making.seed, making.day, late)
        chosen = _some(making, name, f"change {late}", size, _quiet(making) if late else "true")
        cursor.execute(
            f"update {named(name)} set {values}, usr_mod = 'jbonal', "
            f"dat_mod = date '{rows.today}' where {chosen}"
        )
        count += cursor.rowcount
    return count


def _quiet(making: Making) -> str:
    """The condition that a row did not change of late, today included."""
    return f"dat_mod < date '{BASE_DATE}' + {making.day - LATE_BEYOND}"


def _vanish(cursor: Cursor, making: Making, name: str) -> int:
    if name not in _VANISH:
        return 0
    permille, which = _VANISH[name]
    chosen = _some(making, name, "vanish", making.share(name, permille), which)
    cursor.execute(f"delete from {named(name)} where {chosen}")
    return cursor.rowcount


_KEYS = {
    "tabgco": ("hashtext(type_tab || n_tab)", "type_tab, n_tab"),
    "fournis": ("cod_fou", "cod_fou"),
    "client": ("cod_cli", "cod_cli"),
    "produit": ("cod_pro", "cod_pro"),
    "hisprixa": (
        "hashtext(concat_ws('/', cod_fou, cod_pro, dat_px, hr_mod))",
        "cod_fou, cod_pro, dat_px, hr_mod",
    ),
    "lignecli": ("uniq_id", "uniq_id, mt_ht"),
}


def _some(making: Making, name: str, purpose: str, size: int, which: str) -> str:
    """The condition that holds for so many rows, the same for a seed and day."""
    hashed, order = _KEYS[name]
    salt = making.draw(name).salt(f"{purpose} {making.day}")
    return (
        f"ctid in (select ctid from {named(name)} where {which} "
        f"order by hashint8extended({hashed}, {salt}), {order} limit {size})"
    )


def _new_column(cursor: Cursor) -> None:
    name, type_, label = NEW_COLUMN
    cursor.execute(f"alter table {named('client')} add column {quoted(name)} {type_}")
    cursor.execute(f"comment on column {quoted(SCHEMA)}.client.{quoted(name)} is {text(label)}")
