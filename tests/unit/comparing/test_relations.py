"""Which relation a word means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.catalog import Catalog, load_catalog
from ingest.settings import SettingsError
from orchestration import relations


def test_a_name_that_two_sources_have_must_be_told_apart() -> None:
    known = load_catalog()
    source = next(source for source in known.sources if source.name == "erp")
    table = next(table for table in source.tables if table.name == "produit")
    other = replace(source, name="crm", tables=(replace(table, source="crm"),))
    catalog = Catalog((source, other))
    with pytest.raises(SettingsError, match=r"produit: it could be erp\.produit, crm\.produit"):
        relations._tables(catalog, "produit")
    assert relations._tables(catalog, "crm.produit") == [other.tables[0]]
    assert relations._tables(catalog, "crm") == list(other.tables)
    assert relations._tables(catalog, "fait_nuitees") == []


def test_personal_columns_are_those_declared_with_the_parts_of_arrays() -> None:
    tables = {table.key: table for table in load_catalog().tables}
    hidden = relations._personal(tables["erp.client"])
    assert {"e_mail", "notel", "usr_mod", "nom_cli", "adresse", "adresse_1"} <= hidden
    assert "cod_cli" not in hidden
    # A history has the names of its source, and so may a model.
    named = relations._named_personal(load_catalog())
    assert {"usr_mod", "nom_cli", "adresse_1", "raison_sociale"} <= named
    # What is dropped before it lands is in no model: there its name means something else.
    assert "e_mail" not in named


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        *(("0f" * 32, True), ("0F" * 32, False), ("0f" * 31, False), (7, False), (None, False)),
        *((f"{{a,{'0f' * 32}}}", True), (f'{{"k": "{"0f" * 32}"}}', True), ("0f" * 33, False)),
        *(({"k": ["0f" * 32]}, True), (["x"], False)),
    ],
)
def test_a_pseudonym_has_a_form(value: object, is_one: bool) -> None:
    assert relations.is_pseudonym("c", value) is is_one
    # The hash of a file has it too.
    assert not relations.is_pseudonym("_file_id", value)
