"""Alerts before any warehouse: what becomes of them, what they say, and to whom."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest import settings
from ingest.catalog import grammar
from orchestration import alerts
from orchestration.alerts import offline
from orchestration.alerts.channels import Message, channels, send, wrong
from orchestration.alerts.masking import MAX_LINE, masked
from orchestration.alerts.messages import IN_FULL, IN_LINES, message_of
from orchestration.alerts.model import Alert, looked_again
from orchestration.alerts.showing import _in_lines
from orchestration.findings import Finding, Severity
from tests.support.webhook import Webhook

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
QUIET: dict[Severity, grammar.Duration] = {
    "warning": grammar.duration("24h"),
    "critical": grammar.duration("4h"),
}
LATE = Finding("sla", "warning", "erp.produit", "30 h old, limit 24 h", "see that it loads")
GONE = Finding(
    "failed", "critical", "erp.client", "the load failed", "read the error", "r1", "gone"
)


def look(
    known: list[Alert],
    *findings: Finding,
    now: datetime = NOON,
    kinds: tuple[str, ...] = ("sla", "failed"),
    to: tuple[str, ...] = ("a", "b"),
) -> dict[tuple[str, str], Alert]:
    found = looked_again(
        known,
        findings,
        is_looked_at=lambda alert: alert.kind in kinds,
        channels=to,
        quiet=QUIET,
        now=now,
    )
    return {alert.about: alert for alert in found}


def told(*findings: Finding) -> list[Alert]:
    """Alerts that both channels have taken."""
    return [alert.told("a", NOON).told("b", NOON) for alert in look([], *findings).values()]


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


# What becomes of an alert


def test_a_finding_opens_one_alert_for_every_channel() -> None:
    worse = replace(LATE, severity="critical")
    for order in ((LATE, worse), (worse, LATE)):
        (alert,) = look([], *order).values()
        assert (alert.severity, alert.untold, alert.times_seen) == ("critical", ("a", "b"), 1)


@pytest.mark.parametrize(("finding", "hours"), [(LATE, 24), (GONE, 4)])
def test_it_is_told_again_when_its_quiet_time_is_over(finding: Finding, hours: int) -> None:
    (quiet,) = look(told(finding), finding, now=after(hours - 0.1)).values()
    assert (quiet.untold, quiet.times_seen) == ((), 2)
    (due,) = look(told(finding), finding, now=after(hours)).values()
    assert due.untold == ("a", "b")


def test_one_that_became_critical_is_told_at_once_and_one_that_eased_is_not() -> None:
    worse = replace(LATE, severity="critical")
    assert look(told(LATE), worse, now=after(1))[("sla", "erp.produit")].untold == ("a", "b")
    assert look(told(worse), LATE, now=after(1))[("sla", "erp.produit")].untold == ()


def test_what_was_looked_at_and_not_found_is_over_and_nothing_else() -> None:
    found = look(told(LATE, GONE), now=after(1), kinds=("sla",))
    assert found[("sla", "erp.produit")].over_at == after(1)
    assert found[("sla", "erp.produit")].untold == ("a", "b")
    assert found[("failed", "erp.client")].over_at is None
    assert found[("failed", "erp.client")].untold == ()


def test_a_channel_that_did_not_answer_is_still_to_be_told() -> None:
    half = [alert.told("a", NOON) for alert in look([], LATE).values()]
    assert look(half, LATE, now=after(1))[("sla", "erp.produit")].untold == ("b",)
    # Also when nobody looked at it, and no more once the channel is gone from the settings.
    assert look(half, now=after(1), kinds=())[("sla", "erp.produit")].untold == ("b",)
    assert look(half, LATE, now=after(1), to=("a",))[("sla", "erp.produit")].untold == ()
    over = list(look(half, now=after(1)).values())
    assert over[0].told("a", NOON).untold == ("b",)
    (still,) = looked_again(
        [over[0].told("a", NOON)],
        [],
        is_looked_at=lambda alert: True,
        channels=("a", "b"),
        quiet=QUIET,
        now=after(2),
    )
    assert (still.over_at, still.untold) == (after(1), ("b",))


# What a message says


def test_a_message_says_what_where_why_and_what_to_do() -> None:
    (alert,) = told(GONE)
    message = message_of([alert], "prod")
    assert message.title == "Entrepôt prod: CRITICAL failed erp.client"
    assert message.level == "failure"
    assert message.body.splitlines() == [
        "CRITICAL failed erp.client: the load failed",
        "First error: gone",
        "Run: r1",
        "What to do: read the error",
    ]
    (over,) = look([alert], now=after(5)).values()
    message = message_of([over], "prod")
    assert message.title == "Entrepôt prod: over: failed erp.client"
    assert message.level == "success"
    assert "From 2026-03-10 12:00 UTC to 2026-03-10 17:00 UTC" in message.body


@pytest.mark.parametrize("count", [2, IN_FULL, IN_FULL + 1, IN_FULL + IN_LINES + 3])
def test_many_alerts_make_one_message_that_tells_each_once(count: int) -> None:
    findings = [replace(LATE, subject=f"erp.t{place:03}") for place in range(count - 1)]
    message = message_of(list(look([], *findings, GONE).values()), "dev")
    assert message.title == f"Entrepôt dev: {count} alerts, 1 critical"
    # The worst is told first, and in full.
    assert message.body.index("failed erp.client") < message.body.index("sla erp.t000")
    assert "First error: gone" in message.body
    shown = [finding for finding in [*findings, GONE] if f"{finding.subject}:" in message.body]
    assert all(message.body.count(f"{one.subject}:") == 1 for one in shown)
    assert len(shown) == min(count, IN_LINES)
    assert (f"and {count - IN_LINES} more: entrepot alert" in message.body) == (count > IN_LINES)


def test_an_alert_is_shown_in_80_columns() -> None:
    name = "accepted_values_stg_reference__saisons_saison__printemps__ete__automne__hiver"
    (alert,) = told(replace(GONE, subject=name, message=f"the test {name} failed"))
    said = _in_lines(alert)
    assert said.startswith("CRITICAL  failed") and "what to do: read the error" in said
    assert max(map(len, said.splitlines())) <= 80


SETTINGS = {
    "ERP_PASSWORD": "Zaphod42",
    "ENTREPOT_PII_KEY": "k3yk3y",
    "SIGETI_URL": "postgresql://lecteur:Heart0fGold@db/sigeti",
    "ALERT_URLS": "https://hooks.slack.com/services/T00/B00/Vogon99",
    "HOME": "/home/aya",
}


@pytest.mark.parametrize(
    ("text", "hidden", "kept"),
    [
        ("cannot open mysql://aya:s3cr/t@x@db.local:3306/erp", "s3cr", "db.local:3306/erp"),
        ("odbc:DSN=progress;UID=lecteur;PWD={a;b c};X=1", "a;b c", "DSN=progress"),
        ("host=db password='two words' user=x", "two words", "user=x"),
        ('{"token": "tok-1", "a": 2}', "tok-1", '"a": 2'),
        ("POST https://prod-1.logic.azure.com/x?sp=run&sig=AbC-9", "AbC-9", "sp=run"),
        ("login with Zaphod42 was refused", "Zaphod42", "was refused"),
        ("key k3yk3y", "k3yk3y", "key"),
        ("FATAL: Heart0fGold", "Heart0fGold", "FATAL"),
        ("404 at /services/T00/B00/Vogon99", "Vogon99", "404 at"),
        ("duplicate: Key (e_mail)=(aya@x.ci) already exists.", "aya@x.ci", "already exists"),
        ("Failing row contains (1, Aya, null).", "Aya", "Failing row"),
        ('invalid input syntax for type integer: "Aya"', "Aya", "type integer"),
        ('value "123456789012" is out of range for type integer', "123456789012", "integer"),
        ('date/time field value out of range: "2026-02-31"', "2026-02-31", "out of range"),
        ("date field value out of range: 2026-02-31", "2026-02-31", "out of range"),
        ('invalid input syntax for type integer: "Le "Bon" Coin"', "Coin", "type integer"),
        ("Key (nom)=(Aya (SARL) Abidjan) already exists.", "Abidjan", "already exists"),
        ("Key (lower(nom))=(aya) already exists.", "aya", "lower(nom)"),
        ("Key (a)=(1) conflicts with existing key (a)=(Aya).", "Aya", "Key (a)"),
        ('malformed array literal: "{Aya"', "Aya", "array literal"),
        ('invalid value "Aya" for "YYYY"', "Aya", 'for "YYYY"'),
    ],
)
def test_no_secret_and_no_value_of_a_row_passes(text: str, hidden: str, kept: str) -> None:
    said = masked(text, SETTINGS)
    assert hidden not in said
    assert kept in said


def test_an_ordinary_line_stays_as_it_is_and_a_long_one_is_cut() -> None:
    said = 'relation "raw_erp.client" does not exist; password authentication failed for aya'
    assert masked(said, SETTINGS) == said
    assert masked("two\nlines  here", SETTINGS) == "two lines here"
    assert len(masked("x" * 1000, SETTINGS)) == MAX_LINE


# To whom

TEAMS = (
    "https://prod-161.westeurope.logic.azure.com:443/workflows/643e69f8/triggers/manual/paths/"
    "invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu"
)
NEW_TEAMS = (
    "https://default1234abcd.ef.environment.api.powerplatform.com:443/powerautomate/automations/"
    "direct/workflows/643e69f8/triggers/manual/paths/invoke?api-version=1&"
    "sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu"
)
SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.mark.parametrize(
    ("address", "label"),
    [
        (TEAMS, "prod-161.westeurope.logic.azure.com"),
        (NEW_TEAMS, "default1234abcd.ef.environment.api.powerplatform.com"),
        (SLACK, "hooks.slack.com"),
        ("mailto://aya:s3cret@example.org?to=ops@example.org", "example.org"),
        ("mailtos://aya:s3cret@smtp.example.org:587?from=a@x.org&to=b@x.org", "smtp.example.org"),
        ("json://hooks.local/x", "hooks.local"),
        ("https://example.org/hook?token=abc", "example.org"),
        # Its token stands where others have the host.
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", "slack"),
    ],
)
def test_an_address_is_taken_as_it_is_pasted(address: str, label: str) -> None:
    (channel,) = channels({"ALERT_URLS": f"\n  {address} "})
    assert channel.label == label
    assert wrong(channel) is None
    assert "s3cret" not in repr(channel)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (SLACK[:-30], r"address 2 \(hooks.slack.com\) is not the whole address of a Slack"),
        (TEAMS[:-50], r"address 2 \(prod-161.westeurope.logic.azure.com\) is not the whole"),
        ("mailto://aya:s3cret@", r"address 2 \(mailto\) is not an address"),
        ("ftp://aya:s3cret@example.org/", r"address 2 \(ftp\) is not an address"),
        ("s3cret", r"address 2 \(not an address\)"),
        ("https://[s3cret", r"address 2 \(https\) is not an address"),
    ],
)
def test_a_wrong_address_is_named_by_place_and_host(address: str, said: str) -> None:
    declared = channels({"ALERT_URLS": f"json://a.example.org/x {address}"})
    problem = wrong(declared[1])
    assert problem is not None
    assert re.search(said, problem), problem
    assert "s3cret" not in problem
    assert "T1JJ3T3L2" not in problem
    assert "643e69f8" not in problem


def test_two_channels_of_one_host_have_two_names() -> None:
    labels = [one.label for one in channels({"ALERT_URLS": "json://h/a json://h/b json://g"})]
    assert labels == ["h", "h (2)", "g"]


HELLO = Message("Title é", "line 1\nline 2", "warning")


def test_a_channel_gets_title_text_and_level_and_a_web_address_keeps_its_query() -> None:
    with Webhook(path="/hook") as hook:
        variables = {"ALERT_URLS": f"{hook.url} {hook.http_url}?Token=aB1&x="}
        declared = channels(variables)
        said = send({one.label: HELLO for one in declared}, declared, variables)
    assert list(said.values()) == [None, None]
    assert sorted(hook.calls) == ["/hook", "/hook?Token=aB1&x="]
    for body in hook.messages:
        assert (body["title"], body["message"]) == ("Title é", "line 1\nline 2")
        assert body["type"] == "warning"


def test_a_channel_that_fails_or_hangs_holds_up_no_other() -> None:
    with Webhook() as good, Webhook(status=500) as failing, Webhook(seconds=1.5) as slow:
        variables = {"ALERT_URLS": f"{slow.url} {failing.url} {good.url} json://127.0.0.1:1/x"}
        declared = channels(variables)
        began = time.monotonic()
        said = send({one.label: HELLO for one in declared}, declared, variables, limit=0.8)
        assert time.monotonic() - began < 1.4
    reasons = list(said.values())
    assert reasons[0] == "no answer within 1 s"
    assert "500" in str(reasons[1])
    assert reasons[2] is None
    assert "onnection" in str(reasons[3])
    assert len(good.messages) == 1


# Without the warehouse


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with Webhook() as running:
        monkeypatch.setitem(os.environ, "ALERT_URLS", running.url)
        settings.environment.cache_clear()
        yield running
    settings.environment.cache_clear()


def test_alerts_go_out_when_the_warehouse_is_down_once_each(hook: Webhook) -> None:
    nowhere = settings.Warehouse("nowhere", "127.0.0.1", 1, "none", "nobody", "Zaphod42")
    secret = replace(GONE, error="postgresql://aya:s3cret@db: refused\nDETAIL: Aya")
    first = alerts.notify(nowhere, [secret], kinds={"failed"})
    assert (first.new, first.open, first.told) == (2, 2, ("127.0.0.1",))
    again = alerts.notify(nowhere, [secret], kinds={"failed"})
    assert (again.new, again.told) == (0, ())
    (body,) = hook.bodies
    assert "CRITICAL warehouse nowhere" in body
    assert "cannot connect to none on 127.0.0.1:1" in body
    assert "://***@db: refused" in body
    assert "s3cret" not in body + offline._path("nowhere").read_text()
    assert "DETAIL" not in body
    # Half a day later it is told again; what is not found is not over, since nobody could look.
    kept = json.loads(offline._path("nowhere").read_text())
    for entry in kept:
        entry["last_sent_at"] = (datetime.now(UTC) - timedelta(hours=12)).isoformat()
    offline._path("nowhere").write_text(json.dumps(kept))
    later = alerts.notify_without_warehouse([secret], "nowhere")
    assert (later.new, later.over, later.open) == (0, 0, 2)
    assert "Since:" in hook.bodies[1]
    assert "warehouse" not in hook.bodies[1]
    offline.keep("nowhere", [])


def test_a_file_that_cannot_be_read_is_said_in_one_line(hook: Webhook) -> None:
    offline._path("broken").parent.mkdir(parents=True, exist_ok=True)
    offline._path("broken").write_text("[{]")
    with pytest.raises(settings.SettingsError, match="remove it"):
        alerts.notify_without_warehouse([GONE], "broken")
    offline.keep("broken", [])


def test_a_wrong_quiet_time_is_said_and_the_usual_one_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    read = alerts.quiet_times({"ALERT_QUIET": "soon", "ALERT_QUIET_CRITICAL": "90 min"})
    assert read["warning"] == QUIET["warning"]
    assert read["critical"].exact == timedelta(minutes=90)
    assert "ALERT_QUIET: 'soon' is not a duration" in capsys.readouterr().err
