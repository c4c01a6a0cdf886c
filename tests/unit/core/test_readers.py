"""`entrepot reader` before it speaks to a server: names and passwords."""

from __future__ import annotations

import sys

import pytest

from ingest.settings import SettingsError, Warehouse
from orchestration import readers

NOWHERE = Warehouse("prod", "127.0.0.1", 1, "none", "nobody", "")


@pytest.mark.parametrize(
    "name", ["", "a b", 'a"; drop role x; --', "entrepot_zone:VRIDI", "é" * 32, "a\nb"]
)
def test_a_name_that_will_not_do_is_refused_before_anything(name: str) -> None:
    with pytest.raises(SettingsError, match="cannot name a reader"):
        readers.add(NOWHERE, NOWHERE, name, [])


def _type(monkeypatch: pytest.MonkeyPatch, *typed: str) -> None:
    answers = iter(typed)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(readers.getpass, "getpass", lambda prompt: next(answers))


def test_a_typed_password_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    _type(monkeypatch, "long enough by far", "long enough by far")
    assert readers._password("aya") == ("long enough by far", False)


def test_an_empty_answer_has_one_made(monkeypatch: pytest.MonkeyPatch) -> None:
    _type(monkeypatch, "")
    made, is_made = readers._password("aya")
    assert is_made
    assert len(made) >= 32


@pytest.mark.parametrize(
    ("typed", "said"),
    [(("short",), "at least 12"), (("long enough 1", "long enough 2"), "differ")],
)
def test_a_typed_password_that_will_not_do_is_refused(
    monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...], said: str
) -> None:
    _type(monkeypatch, *typed)
    with pytest.raises(SettingsError, match=said):
        readers._password("aya")


def test_without_a_terminal_one_is_made_each_time_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    (first, is_made), (second, _) = readers._password("aya"), readers._password("aya")
    assert is_made
    assert first != second
