"""The ways in which one file differs from the next: encoding, separator, spelling, order."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from demo.fluxvision.calendar import DayFlags

NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True)
class Dialect:
    """How one file is written.

    `order` places the three blocks of columns: d(ay), l(abels), v(olume). `flags` writes 0 as `0`,
    `o` or `0.0`; `volume` is `int`, `float` (`12.0`) or `space` (`1 234`); `weekday` is `long`,
    `short` or `title`; `style` is how labels are spelled: `operator`, `upper`, `loose`.
    """

    encoding: str = "utf-8"
    separator: str = ";"
    line_end: str = "\n"
    quoted: bool = False
    order: str = "dlv"
    flags: str = "int"
    volume: str = "int"
    weekday: str = "long"
    style: str = "operator"
    zone_header: str = "ZoneObservation"
    place_header: int = 0  # which spelling of the EPCI and INSEE columns; 0 is the family's own

    def field(self, text: str) -> str:
        """Write one value, quoted if it has to be."""
        if self.quoted or self.separator in text or '"' in text:
            return '"' + text.replace('"', '""') + '"'
        return text


PLAIN = Dialect()
BOM = "utf-8-sig"

# What the portal has really sent over the years; each file takes one of these.
DIALECTS: tuple[Dialect, ...] = (
    PLAIN,
    Dialect(encoding=BOM, line_end="\r\n"),
    Dialect(encoding="cp1252", line_end="\r\n", flags="o", style="loose"),
    Dialect(encoding="iso-8859-1", weekday="short", style="upper"),
    Dialect(encoding="utf-8", separator=",", flags="float", volume="float", style="loose"),
    Dialect(encoding=BOM, separator="\t", order="lvd", weekday="title"),
    Dialect(encoding="cp1252", quoted=True, line_end="\r\n", zone_header="Zone", place_header=1),
    Dialect(encoding="iso-8859-1", separator="\t", volume="space", style="operator"),
    Dialect(encoding="utf-8", order="ldv", flags="o", style="upper", place_header=2),
    Dialect(encoding=BOM, separator=",", quoted=True, order="lvd", zone_header="Zone"),
)


def day_fields(dialect: Dialect, day: str, flags: DayFlags) -> list[str]:
    """Return date, flags and weekday as the dialect writes them."""
    zero, one = {"int": ("0", "1"), "o": ("o", "1"), "float": ("0.0", "1.0")}[dialect.flags]
    weekday = flags.weekday
    if dialect.weekday == "short":
        weekday = weekday[:3]
    elif dialect.weekday == "title":
        weekday = weekday.capitalize()
    return [day, *(one if flag else zero for flag in flags.flags), weekday]


def spell_provenance(dialect: Dialect, canonical: str) -> str:
    """Spell `NONLOCAL` as this file does."""
    if dialect.style == "upper":
        return canonical
    if dialect.style == "loose":
        return {"LOCAL": "Local", "NONLOCAL": "Non local", "ETRANGER": "Étranger"}[canonical]
    return {"LOCAL": "Local", "NONLOCAL": "NonLocal", "ETRANGER": "Etranger"}[canonical]


def spell_category(dialect: Dialect, canonical: str) -> str:
    """Spell `EXCURSIONNISTE RECURRENT` as this file does."""
    if dialect.style == "upper":
        return canonical
    if dialect.style == "loose":
        return canonical.capitalize().replace("recurrent", "récurrent")
    return canonical.capitalize()


def spell(dialect: Dialect, column: str, value: str) -> str:
    """Spell the value of one breakdown as this file does; codes and totals stay as they are."""
    if column.startswith(("Code", "DureeSejourNum")) or value in ("CUMUL", "NR"):
        return value
    if column == "DureeSejour":
        return _spell_stay(dialect, value)
    if column == "ZoneMobilite":
        return _spell_mobility(value)
    if dialect.style == "upper":
        return plain_upper(value)
    if dialect.style == "loose" and not value.startswith("Z_"):
        # Typed by hand: no-break spaces, typographic apostrophes where the encoding has them.
        value = value.replace(" ", NO_BREAK_SPACE, 1)
        return value if dialect.encoding == "iso-8859-1" else value.replace("'", "\u2019")
    return value


def _spell_stay(dialect: Dialect, value: str) -> str:
    if dialect.style == "upper":
        return "1 NUITS" if value == "1 nuit" else value.upper()
    if dialect.style == "loose" and not value.startswith("13"):
        return value.split()[0] + "N"
    return value


def _spell_mobility(value: str) -> str:
    """Communes by name, in capitals: `ST FLOUR`, `LE ROUGET PERS`."""
    words = plain_upper(value).replace("-", " ").replace("'", " ").split()
    return " ".join("ST" if word == "SAINT" else word for word in words)


def plain_upper(text: str) -> str:
    """Capitals without accents."""
    decomposed = unicodedata.normalize("NFD", text.upper())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def volume_text(dialect: Dialect, volume: int) -> str:
    """Write a volume as the dialect does: `1234`, `1234.0` or `1 234`."""
    if dialect.volume == "space":
        return f"{volume:,}".replace(",", NO_BREAK_SPACE)
    return f"{volume}.0" if dialect.volume == "float" else str(volume)
