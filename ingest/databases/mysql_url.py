"""What a URL of MySQL says: `mysql://user:password@host:3306/database?ssl_ca=/etc/ca.pem`."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

PORT = 3306
CONNECT_SECONDS = 10
_OPTIONS = ("charset", "ssl_mode", "ssl_ca", "ssl_cert", "ssl_key", "unix_socket")
_CHARSETS = ("utf8mb4", "utf8")  # the second for servers that know no characters of four bytes
_TLS = ("disabled", "preferred", "required", "verify_ca", "verify_identity")


def settings_of(url: str, password: str | None) -> dict[str, Any]:
    """The arguments of `pymysql.connect`; `password` holds if the URL has none.

    Raises:
        ValueError: what is wrong with the URL, in one line without its secrets.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or PORT
    except ValueError:
        raise ValueError("the port is not a number (write mysql://user@host:3306/name)") from None
    database = unquote(parts.path.strip("/"))
    if not database:
        raise ValueError("the URL names no database (write mysql://user@host:3306/name)")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise ValueError(f"unknown option {unknown[0]!r} (known: {', '.join(_OPTIONS)})")
    charset = options.get("charset", _CHARSETS[0])
    if charset not in _CHARSETS:
        raise ValueError(
            f"charset {charset!r}: the server converts what it sends, to {' or '.join(_CHARSETS)}"
        )
    secret = unquote(parts.password) if parts.password else password or ""
    settings: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": port,
        "user": unquote(parts.username or ""),
        "password": secret.encode(),
        "database": database,
        "charset": charset,
        "connect_timeout": CONNECT_SECONDS,
        "program_name": "entrepot",
        "autocommit": True,
        **_tls(options),
    }
    if socket := options.get("unix_socket"):
        settings["unix_socket"] = socket
    return settings


def _tls(options: dict[str, str]) -> dict[str, Any]:
    """TLS if the server has it; with `ssl_ca` it must, and must be who it says."""
    mode = options.get("ssl_mode", "").lower()
    mode = mode or ("verify_identity" if options.get("ssl_ca") else "preferred")
    if mode not in _TLS:
        raise ValueError(f"ssl_mode {mode!r}: there are {', '.join(_TLS)}")
    if mode == "disabled":
        return {"ssl_disabled": True}
    if mode == "preferred" and not options.get("ssl_cert"):
        return {}
    try:
        context = ssl.create_default_context(cafile=options.get("ssl_ca") or None)
        if certificate := options.get("ssl_cert"):
            context.load_cert_chain(certificate, options.get("ssl_key") or None)
    except OSError as error:  # an ssl.SSLError is one
        raise ValueError(f"ssl_ca, ssl_cert or ssl_key cannot be read: {error}") from None
    context.check_hostname = mode == "verify_identity"
    if not mode.startswith("verify"):
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}
