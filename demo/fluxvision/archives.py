"""ZIP files that are the same, byte for byte, each time they are made."""

from __future__ import annotations

import zipfile
from datetime import datetime


def deflated(name: str, moment: datetime) -> zipfile.ZipInfo:
    """Describe a compressed member; nothing in it depends on the machine or the hour."""
    info = zipfile.ZipInfo(name, moment.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    return info


def stored(name: str, moment: datetime) -> zipfile.ZipInfo:
    """Describe a member that is kept as it is: an archive within an archive, a picture."""
    info = deflated(name, moment)
    info.compress_type = zipfile.ZIP_STORED
    return info
