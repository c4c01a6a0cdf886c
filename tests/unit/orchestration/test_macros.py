"""Macros of the project as SQL: what dbt puts into the models, and nothing else."""

from __future__ import annotations

import pytest

from orchestration.macros import macro


def test_a_variant_of_postgresql_goes_before_the_default() -> None:
    assert macro("par_octets", "chemin") == 'chemin collate "C"'


def test_a_macro_calls_others_of_other_files() -> None:
    said = macro("rang_du_candidat", "fichiers.est_provisoire")
    assert said.startswith("row_number() over (")
    assert 'fichiers.chemin collate "C" desc' in said


def test_a_label_is_compared_as_in_the_models() -> None:
    said = macro("libelle_normalise", "%(said)s")
    assert "normalize(" in said
    assert "{" not in said


def test_what_is_no_macro_of_these_files_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        macro("surrogate_key", "x")
