"""Joins are read from the tests of the manifest, whatever kind they are of, and drawn."""

from __future__ import annotations

from typing import Any

from orchestration.drawings import Join, joins, stars_page


def model(name: str, folder: str, key: list[str], **columns: str) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "model",
        "original_file_path": f"models/{folder}/{name}.sql",
        "constraints": [{"type": "primary_key", "columns": key}],
        "columns": {column: {"data_type": kind} for column, kind in columns.items()},
    }


def check(kind: str, on: str, where: str | None = None, **arguments: Any) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "attached_node": f"model.entrepot.{on}",
        "config": {"where": where},
        "test_metadata": {"name": kind, "kwargs": arguments},
    }


MODELS = [
    model("dim_zone", "dimensions", ["code_zone"], code_zone="text", nom_zone="text"),
    model("dim_client", "dimensions", ["cle_client"], cle_client="text", code_client="text"),
    model("fait_visites", "facts/erp", ["id_visite"], id_visite="bigint", code_client="text"),
    model("fait_visites_lignes", "facts/erp", ["id_visite", "rang"], id_visite="bigint"),
    model("fait_autres", "facts/sigeti", ["id_autre"], id_autre="bigint", zone="numeric(4,0)"),
    model("mart_zones", "marts/sigeti", ["code_zone"], code_zone="text"),
]
ZONES = "ref('dim_zone')"
CHECKS = [
    check("cles_connues", "fait_visites", dimensions={"code_client": "dim_client"}),
    check("relationships", "fait_autres", column_name="zone", to=ZONES, field="code_zone"),
    # Of some rows only, of a mart, of one table alone: nothing to draw.
    check("relationships", "fait_autres", "x = 1", column_name="x", to=ZONES, field="y"),
    check("relationships", "mart_zones", column_name="z", to=ZONES, field="code_zone"),
    check("not_null", "fait_autres", column_name="zone"),
]
AUDIT = check(
    "rattachement_connu",
    "fait_visites_lignes",
    fait="ref('fait_visites')",
    columns=["id_visite"],
)
MANIFEST = {
    "nodes": {str(number): node for number, node in enumerate([*MODELS, *CHECKS])},
    # An audit is no node of an ordinary build.
    "disabled": {"audit": [AUDIT], "model": [model("fait_vide", "facts/erp", [])]},
}


def test_joins_are_those_that_tests_check() -> None:
    assert joins(MANIFEST) == [
        Join("fait_autres", ("zone",), "dim_zone", ("code_zone",)),
        Join("fait_visites", ("code_client",), "dim_client", ("code_client",)),
        Join("fait_visites_lignes", ("id_visite",), "fait_visites", ("id_visite",)),
    ]


def test_a_dimension_of_versions_has_several_rows_for_a_code() -> None:
    page = stars_page(MANIFEST)
    assert 'dim_zone ||--o{ fait_autres : "zone"' in page
    assert 'dim_client }|--o{ fait_visites : "code_client"' in page
    assert "numeric zone FK" in page and "text nom_zone" in page


def test_details_share_the_box_of_their_fact() -> None:
    page = stars_page(MANIFEST)
    assert 'fait_visites["fait_visites, fait_visites_lignes"] {' in page
    assert "--o{ fait_visites_lignes" not in page and "fait_visites ||" not in page
    assert "| `fait_visites_lignes` | `id_visite`, `rang` | `fait_visites` |" in page
    assert "## Industrial zones" in page and "## Visitors" not in page
