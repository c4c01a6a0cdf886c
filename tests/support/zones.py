"""A small project with marts by zone, on the house's own macros and settings, and what a reader of
one zone can get out of its server.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import psycopg2

from ingest import server
from ingest.settings import Warehouse
from ingest.warehouse import connect
from tests.support.house import House
from tests.support.private import ROOT

MINE, OTHER = "VRIDI", "KOUMASSI"
# In the text and in the amount of each row that is not of that zone.
SECRET = re.compile(r"jamais|7000\d{3}")

MODELS = {
    "dimensions/dim_zones_industrielles.sql": """
        select code_zone_industrielle
        from (values ('VRIDI'), ('KOUMASSI'), ('INCONNU'), ('L''Îlot "B"'))
            as zones (code_zone_industrielle)
    """,
    "facts/fait_essai.sql": """
        {{ config(materialized='table') }}
        select
            zones.code_zone_industrielle,
            numero + case when est_ici then 0 else 100000 end as annee,
            case when est_ici then 'ici ' else 'jamais ' end || numero as code_entreprise,
            cast(numero + case when est_ici then 0 else 7000000 end as numeric(15, 2)) as montant,
            not est_ici as est_ailleurs,
            false as est_nulle_part
        from {{ ref('dim_zones_industrielles') }} as zones
        cross join generate_series(1, {{ var('lignes', 500) }}) as series (numero)
        cross join lateral (select zones.code_zone_industrielle = 'VRIDI' as est_ici) as lieu
    """,
    "marts/mart_essai_table.sql": "select * from {{ ref('fait_essai') }}",
    "marts/mart_essai_suivi.sql": """
        {{ config(
            materialized='incremental', unique_key=['code_zone_industrielle', 'annee'],
            incremental_strategy='difference', on_schema_change='append_new_columns'
        ) }}
        select * from {{ ref('fait_essai') }}
    """,
    "marts/mart_essai_sans_zone.sql": "select * from {{ ref('fait_essai') }}",
    "marts/mart_essai_vue.sql": """
        {{ config(materialized='view') }}
        select * from {{ ref('mart_essai_table') }}
    """,
}
PROPERTIES = """
models:
  - name: mart_essai_table
    config: &par_zone
      contract: {enforced: true}
      meta: {row_policy: {column: code_zone_industrielle}}
      grants: {+select: [entrepot_zone_reader]}
    constraints: &cle
      - {type: primary_key, columns: [code_zone_industrielle, annee]}
    columns: &colonnes
      - {name: code_zone_industrielle, data_type: text}
      - {name: annee, data_type: integer}
      - {name: code_entreprise, data_type: text}
      - {name: montant, data_type: "numeric(15, 2)"}
      - {name: est_ailleurs, data_type: boolean}
      - {name: est_nulle_part, data_type: boolean}
  - name: mart_essai_suivi
    config: *par_zone
    constraints: *cle
    columns: *colonnes
  - name: mart_essai_vue
    config: {grants: {+select: [entrepot_zone_reader]}}
"""
ACCESS = """
-- depends_on: {{ ref('mart_essai_suivi') }}
-- depends_on: {{ ref('mart_essai_vue') }}
{{ passages_sans_politique() }}
"""
PROTECTED = ("dwh_marts.mart_essai_table", "dwh_marts.mart_essai_suivi")


def lay_out(folder: Path) -> Path:
    """Write the project: the house's macros, settings and tests of access, models of its own."""
    folder.mkdir()
    for item in ("macros", "dbt_project.yml"):
        (folder / item).symlink_to(ROOT / item)
    tests = folder / "tests" / "data"
    tests.mkdir(parents=True)
    (tests / "readers_pass_no_row_policy.sql").write_text(ACCESS, encoding="utf-8")
    for name, text in MODELS.items():
        path = folder / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "models" / "marts" / "_marts.yml").write_text(PROPERTIES, encoding="utf-8")
    return folder


def added(house: House, name: str, *zones: str) -> Warehouse:
    """Make a reader by the command, and return its login."""
    chosen = [part for zone in zones for part in ("--zone", zone)]
    said = house.entrepot("reader", "add", name, *chosen).out
    return server.admin(house.name).with_login(name, said.split("shown only now: ")[1].strip())


def heard(login: Warehouse, statements: Sequence[str]) -> str:
    """All that the server says to these statements of one session: rows, errors, notices, plans."""
    opened = connect(login, autocommit=True)
    said: list[str] = []
    try:
        with opened.cursor() as cursor:
            for statement in statements:
                try:
                    cursor.execute(statement)
                    rows = cursor.fetchall() if cursor.description else []
                    said += [_plainly(value) for row in rows for value in row]
                except psycopg2.Error as error:
                    said.append(f"{error} {error.diag.message_detail} {error.diag.context}")
                said += opened.notices
                opened.notices.clear()
                if opened.closed:
                    break
    finally:
        opened.close()
    return "\n".join(said)


def _plainly(value: object) -> str:
    return str(bytes(value) if isinstance(value, memoryview) else value)


class Watch:
    """Reads relations again and again, and keeps which zones it ever saw."""

    def __init__(self, login: Warehouse, relations: Sequence[str]) -> None:
        self.zones: set[str] = set()
        self.counts: Counter[tuple[str, int]] = Counter()
        self.errors: list[str] = []
        self._login = login
        self._relations = relations
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(timeout=60)

    def _read(self) -> None:
        opened = connect(self._login, autocommit=True)
        with opened.cursor() as cursor:
            while not self._over.is_set():
                for relation in self._relations:
                    try:
                        cursor.execute(f"select code_zone_industrielle from {relation}")
                        found = cursor.fetchall()
                        self.zones |= {zone for (zone,) in found}
                        self.counts[relation, len(found)] += 1
                    except psycopg2.Error as error:
                        self.errors.append(f"{relation}: {str(error).splitlines()[0]}")
                time.sleep(0.01)
        opened.close()
