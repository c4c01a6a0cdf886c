"""What no message may hold: secrets, and values of rows that a database quotes in its errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

MAX_LINE = 300
HIDDEN = "***"
# Shorter ones occur in ordinary words.
_SHORTEST_SECRET = 4
_SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$")
_ADDRESS_NAME = re.compile(r"_URLS?$")
# Whoever knows these addresses may send to them.
_CALLED = ("ALERT_URLS", "HEARTBEAT_URL")
_RULES = (
    # The login of any address, also with a '/' or an '@' in its password.
    (re.compile(r"(\w://)\S*@"), rf"\1{HIDDEN}@"),
    # password=..., PWD={...}, "token": "...", sig=...
    (
        re.compile(
            r"(?i)\b(\w*(?:password|passwd|pwd|secret|token|signature|sig|api_?key))"
            r"([\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|\{[^}]*\}|[^\s;&,]+)"
        ),
        rf"\1\2{HIDDEN}",
    ),
    # How PostgreSQL quotes the values of a row. A value may have quotes and brackets of its own, so
    # all is hidden up to the last one.
    (re.compile(r"(?i)(key \(.*?\)=)\(.*\)"), rf"\1({HIDDEN})"),
    (re.compile(r"(Failing row contains )\(.*\)"), rf"\1({HIDDEN})"),
    (
        re.compile(r"(?i)((?:malformed|out of range|too long|invalid)[^\":]*: )\".*\""),
        rf'\1"{HIDDEN}"',
    ),
    (re.compile(r"(?i)(field value out of range: )[^\s\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(value )\".*\"( is out of range| for \")"), rf'\1"{HIDDEN}"\2'),
)


def masked(text: str, variables: Mapping[str, str]) -> str:
    """One line of at most 300 characters without a secret and without a value of a row.

    variables: the settings, whose own secrets are hidden wherever they stand.
    """
    line = " ".join(text.split())
    for secret in _secrets(variables):
        line = line.replace(secret, HIDDEN)
    for pattern, instead in _RULES:
        line = pattern.sub(instead, line)
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…"


def _secrets(variables: Mapping[str, str]) -> list[str]:
    """The secrets among the settings, the longest first: one may be part of another."""
    found = set()
    for name, value in variables.items():
        if _SECRET_NAME.search(name):
            found.add(value.strip())
        elif _ADDRESS_NAME.search(name):
            found.update(_secret_of(address, name) for address in value.split())
    return sorted((one for one in found if len(one) >= _SHORTEST_SECRET), key=len, reverse=True)


def _secret_of(address: str, name: str) -> str:
    """The password of an address; of one that is called, all that stands behind its host."""
    try:
        parts = urlsplit(address)
        if name in _CALLED:
            return address.partition(parts.netloc)[2].strip("/") if parts.netloc else address
        return parts.password or ""
    except ValueError:
        return address
