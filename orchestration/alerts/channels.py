"""Where alerts go: the addresses of ALERT_URLS, each sent to by apprise within a time limit.

apprise takes most of a second to import: that is spent only when there is something to send.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from orchestration.alerts.masking import masked

ADDRESSES = "ALERT_URLS"
LIMIT_SECONDS = 10.0
# Below the limit, so that a server that hangs gives an answer of its own in time.
_CONNECT_SECONDS, _READ_SECONDS = 4.0, 5.0
# In these schemes the host is a host; in the others of apprise it may be a token.
_WITH_HOST = ("http", "https", "json", "jsons", "mailto", "mailtos", "workflow", "workflows")
# Services whose pasted addresses have one shape: any other is cut short, not another webhook.
_PASTED = {
    "hooks.slack.com": "a Slack webhook",
    "logic.azure.com": "a Teams workflow",
    "powerplatform.com": "a Teams workflow",
    "powerplatform.us": "a Teams workflow",
}

Level = Literal["info", "success", "warning", "failure"]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent; `body` is plain text, a line for each thing that it says."""

    title: str
    body: str
    level: Level


@dataclass(frozen=True, slots=True)
class Channel:
    """One address of ALERT_URLS. `position` counts from 1, `label` holds no secret."""

    position: int
    label: str
    address: str = field(repr=False)


def channels(variables: Mapping[str, str]) -> list[Channel]:
    """The channels that the settings declare, in their order."""
    found: list[Channel] = []
    for position, address in enumerate(variables.get(ADDRESSES, "").split(), 1):
        name = _name(address)
        taken = sum(channel.label.split(" (")[0] == name for channel in found)
        label = f"{name} ({taken + 1})" if taken else name
        found.append(Channel(position, label, address))
    return found


def _name(address: str) -> str:
    """The host of an address, or its scheme where a secret may stand in the host's place."""
    scheme = address.partition("://")[0].lower()
    if "://" not in address or not scheme.isalnum():
        return "not an address"
    if scheme not in _WITH_HOST:
        return scheme
    try:
        return urlsplit(address).hostname or scheme
    except ValueError:
        return scheme


def wrong(channel: Channel) -> str | None:
    """Why an address cannot be used, in one line without its secret; None if it can."""
    if _plugin(channel.address) is not None:
        return None
    what = "is not an address that is understood"
    for host, service in _PASTED.items():
        if channel.label.split(" (")[0].endswith(host):
            what = f"is not the whole address of {service}"
    return (
        f"{ADDRESSES}: address {channel.position} ({channel.label}) {what}; "
        "paste it again as .env.example shows."
    )


def send(
    messages: Mapping[str, Message],
    to: Sequence[Channel],
    variables: Mapping[str, str],
    *,
    limit: float = LIMIT_SECONDS,
) -> dict[str, str | None]:
    """Send to each channel its message, all at once, and wait at most `limit` seconds.

    messages: by label; a channel without one gets none.
    Returns: by label, None where it was taken, else why not, in one line without a secret.
    """
    wanted = [channel for channel in to if channel.label in messages]
    answers: dict[str, str | None] = {}

    def call(channel: Channel) -> None:
        answers[channel.label] = _sent(channel, messages[channel.label], variables)

    calls = [threading.Thread(target=call, args=(one,), daemon=True) for one in wanted]
    until = time.monotonic() + limit
    for one in calls:
        one.start()
    for one in calls:
        one.join(max(0.0, until - time.monotonic()))
    late = f"no answer within {limit:.0f} s"
    return {channel.label: answers.get(channel.label, late) for channel in wanted}


def _sent(channel: Channel, message: Message, variables: Mapping[str, str]) -> str | None:
    import apprise

    plugin = _plugin(channel.address)
    if plugin is None:
        return wrong(channel)
    sender = apprise.Apprise(asset=_asset())
    sender.add(plugin)
    body = message.body
    if plugin.service_name and "Workflows" in str(plugin.service_name):
        # A card of Teams runs the lines of a paragraph together.
        body = body.replace("\n", "\n\n")
    with _overheard() as said:
        took = sender.notify(
            title=message.title,
            body=body,
            notify_type=apprise.NotifyType(message.level),
            body_format=apprise.NotifyFormat.TEXT,
        )
    if took:
        return None
    return masked(said[-1] if said else "it did not take the message", variables)


def _plugin(address: str) -> Any | None:
    """What apprise makes of an address, with our time limits; None if it is none."""
    import apprise

    with _overheard():
        plugin = apprise.Apprise.instantiate(address, asset=_asset(), suppress_exceptions=True)
        if plugin is None and (webhook := _webhook(address)):
            plugin = apprise.Apprise.instantiate(webhook, asset=_asset(), suppress_exceptions=True)
    if plugin is not None:
        plugin.socket_connect_timeout = _CONNECT_SECONDS
        plugin.socket_read_timeout = _READ_SECONDS
    return plugin


def _webhook(address: str) -> str | None:
    """A web address of no service that apprise knows, written as its generic JSON webhook."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
        known = any(f".{host}".endswith(f".{service}") for service in _PASTED)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or known:
        return None
    # apprise reads the query as its own options, unless each name begins with a dash.
    query = urlencode([(f"-{name}", value) for name, value in parse_qsl(parts.query, True)])
    scheme = "json" if parts.scheme.lower() == "http" else "jsons"
    return f"{scheme}://{parts.netloc}{quote(parts.path, safe='/%')}{'?' if query else ''}{query}"


def _asset() -> Any:
    import apprise

    # Keeps nothing on the disk, and reads no plugin or setting of the user.
    return apprise.AppriseAsset(
        app_id="Entrepot", app_desc="Entrepôt", plugin_paths=[], async_mode=False
    )


class _Overheard(logging.Handler):
    """Keeps what apprise warns of in this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said.append(record.getMessage())


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What apprise says, which may hold an address: kept from every other log."""
    logger = logging.getLogger("apprise")
    if logger.propagate:
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
    ear = _Overheard()
    logger.addHandler(ear)
    try:
        yield ear.said
    finally:
        logger.removeHandler(ear)
