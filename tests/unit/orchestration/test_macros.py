"""Macros of the project as SQL: what dbt puts into the models, and nothing else."""

from __future__ import annotations

import re

import pytest
from jinja2 import Environment

from ingest.settings import ROOT
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


@pytest.mark.parametrize(
    ("message", "logged"),
    [
        (
            "Database Error in model x (models/x.sql)\n  invalid input syntax for type date:"
            ' "Aya "S" K"\n  DETAIL: Key (a)=(Aya)',
            'Database Error in model x (models/x.sql)   invalid input syntax for type date: "***"',
        ),
        ('value "12345678901" is out of range', 'value "***" is out of range'),
        (
            'relation "a" does not exist, it\'s \\ gone',
            "relation \"a\" does not exist, it''s / gone",
        ),
        # Cut before quotes are doubled: half of two would end the literal.
        ("'" * 400, "''" * 300),
        (None, ""),
    ],
)
def test_a_line_of_the_run_log_quotes_no_value(message: str | None, logged: str) -> None:
    engine = Environment(extensions=["jinja2.ext.do"])
    engine.globals |= {"return": lambda value: value, "modules": {"re": re}}
    page = (ROOT / "macros" / "run_log.sql").read_text(encoding="utf-8")
    assert engine.from_string(page).make_module().log_line(message).strip() == logged
