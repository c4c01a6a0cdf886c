"""Whose pseudonyms a source table holds is declared, so that a person can be erased from it."""

from __future__ import annotations

from ingest.catalog import load_catalog
from ingest.files.protect import PSEUDONYMISE
from ingest.names import snake_case
from ingest.privacy.histories import histories


def test_each_pseudonym_belongs_to_a_kind_of_person() -> None:
    orphans = {
        (table.key, column)
        for table in load_catalog().tables
        for column, rule in table.pii.items()
        if rule == PSEUDONYMISE
        and snake_case(column)
        not in {
            snake_case(name)
            for subject in table.subjects
            for name in (*subject.columns, *subject.personal)
        }
    }
    assert orphans == set()


def test_each_snapshot_is_the_history_of_a_declared_table() -> None:
    declared = {(table.source, table.name) for table in load_catalog().tables}
    found = histories()
    assert found and set(found) <= declared
    assert found["erp", "hisprixa"].table == "snap_erp__hisprixa"
    assert found["sigeti", "paiement_factures"].table == "snap_sigeti__paiements"
