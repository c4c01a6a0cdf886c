"""The certificates by which the server of a warehouse is known (`sslrootcert=system`).

The drivers bring an OpenSSL of their own, which looks for the system's certificates where they lay
on the machine that built it: there it finds none, and refuses every server.
"""

from __future__ import annotations

import os
import ssl


def trust_the_systems_certificates() -> None:
    """Tell OpenSSL where this machine keeps its certificates, unless the environment says so."""
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return
    places = ssl.get_default_verify_paths()
    if places.cafile:
        os.environ["SSL_CERT_FILE"] = places.cafile
    elif places.capath:
        os.environ["SSL_CERT_DIR"] = places.capath
