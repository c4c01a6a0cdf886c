"""Small files of nights, as the operator writes them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

HEADER = "Date;ZoneObservation;Provenance;CategorieVisiteur;Volume"


def nights(*volumes: int, zone: str = "CABA", day: str = "2024-01-01") -> bytes:
    """A file with one row per volume, of consecutive provenances."""
    names = ("LOCAL", "NonLocal", "ETRANGER")
    lines = [
        f"{day};{zone};{names[index % 3]};TOURISTE;{volume}" for index, volume in enumerate(volumes)
    ]
    return "\n".join([HEADER, *lines, ""]).encode()


def zipped(members: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP of members, names as they are."""
    made = io.BytesIO()
    pairs = members.items() if isinstance(members, Mapping) else members
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content)
    return made.getvalue()
