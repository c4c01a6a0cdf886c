"""Where the warehouse is comes from the profile alone, and the environment beats `.env`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import settings

PROFILE = """
entrepot:
  target: dev
  outputs:
    dev: {type: postgres, host: 127.0.0.1, port: 5433, user: u, password: p, dbname: one}
    prod: &prod
      type: postgres
      host: "{{ env_var('DWH_DB_HOST', '') }}"
      port: "{{ env_var('DWH_DB_PORT', '5432') | as_number }}"
      user: loader
      password: "{{ env_var('DBT_PASSWORD') }}"
      dbname: "{{ env_var('DWH_DB_NAME', '') }}"
    prod_test:
      <<: *prod
      dbname: "{{ env_var('DWH_TEST_DB_NAME', '') }}"
"""


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    (tmp_path / "profiles.yml").write_text(PROFILE, encoding="utf-8")
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    for name in ("DBT_TARGET", "DWH_DB_HOST", "DWH_DB_NAME", "DBT_PASSWORD", "DWH_TEST_DB_NAME"):
        monkeypatch.delenv(name, raising=False)
    settings.environment.cache_clear()
    yield monkeypatch
    settings.environment.cache_clear()


def test_the_default_target_is_the_profiles_own(profile: pytest.MonkeyPatch) -> None:
    found = settings.warehouse()
    assert (found.target, found.host, found.port, found.dbname) == ("dev", "127.0.0.1", 5433, "one")


def test_prod_reads_variables_and_numbers_stay_numbers(profile: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DWH_DB_HOST": "db.example.org",
        "DWH_DB_PORT": "6543",
        "DWH_DB_NAME": "warehouse",
        "DBT_PASSWORD": "secret",
    }.items():
        profile.setenv(name, value)
    settings.environment.cache_clear()
    found = settings.warehouse("prod")
    assert (found.host, found.port, found.dbname) == ("db.example.org", 6543, "warehouse")
    assert "secret" not in repr(found)


def test_an_unknown_target_names_those_that_exist(profile: pytest.MonkeyPatch) -> None:
    with pytest.raises(settings.SettingsError, match="no target 'nowhere'; it has dev, prod"):
        settings.warehouse("nowhere")


def test_an_empty_prod_says_which_variables_are_missing(profile: pytest.MonkeyPatch) -> None:
    profile.setenv("DBT_PASSWORD", "x")
    settings.environment.cache_clear()
    with pytest.raises(settings.SettingsError, match="host, dbname is empty"):
        settings.warehouse("prod")


def test_a_rehearsal_in_the_database_of_prod_is_refused(profile: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DWH_DB_HOST": "db.example.org",
        "DWH_DB_NAME": "same",
        "DWH_TEST_DB_NAME": "same",
        "DBT_PASSWORD": "x",
    }.items():
        profile.setenv(name, value)
    settings.environment.cache_clear()
    with pytest.raises(settings.SettingsError, match="needs one of its own"):
        settings.warehouse("prod_test")


def test_the_environment_beats_the_file_even_when_empty(
    profile: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("FLUXVISION_URL=/from/file\nOTHER=kept\n", encoding="utf-8")
    profile.setenv("FLUXVISION_URL", "")
    settings.environment.cache_clear()
    assert settings.environment()["FLUXVISION_URL"] == ""
    assert settings.environment()["OTHER"] == "kept"


def test_no_profile_says_what_to_run(profile: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").unlink()
    with pytest.raises(settings.SettingsError, match="run `entrepot setup`"):
        settings.warehouse()


def test_children_speak_utf8_and_utc_whatever_the_shell_says(profile: pytest.MonkeyPatch) -> None:
    profile.setenv("PGCLIENTENCODING", "LATIN1")
    settings.environment.cache_clear()
    made = settings.child_environment("test")
    assert (made["PGCLIENTENCODING"], made["PGTZ"], made["DBT_TARGET"]) == ("UTF8", "UTC", "test")


def test_children_name_no_target_that_a_bare_dbt_would_take(profile: pytest.MonkeyPatch) -> None:
    # dbt would read the whole project again: a named target is another one than the same unnamed.
    assert settings.child_environment("dev")["DBT_TARGET"] == ""
    assert settings.child_environment("prod")["DBT_TARGET"] == "prod"
    profile.setenv("DBT_TARGET", "prod")
    settings.environment.cache_clear()
    assert settings.child_environment("prod")["DBT_TARGET"] == "prod"
    assert settings.child_environment("dev")["DBT_TARGET"] == "dev"
