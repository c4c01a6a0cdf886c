"""Whether the delivered files of a source are kept, and what becomes of them at their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ingest.catalog import AfterLanding, Source, archive_problems
from ingest.catalog.grammar import after_landing
from ingest.files.places import local_folder
from ingest.settings import ROOT, SettingsError

# Where `after_landing: move` puts files, at the top of their place; nothing in it is a delivery.
ASIDE = "traites/"


@dataclass(frozen=True, slots=True)
class Keeping:
    """`archive`: the folder of copies, None for no archive."""

    archive: Path | None = None
    after_landing: AfterLanding = "keep"

    def is_aside(self, path: str) -> bool:
        """Whether a file of the place was moved away after it had landed."""
        return self.after_landing == "move" and path.startswith(ASIDE)


NOTHING_KEPT = Keeping()


def is_archived(source: Source, variables: Mapping[str, str]) -> bool:
    """Whether the files of a source are archived, by its declaration or by `.env`."""
    return bool(variables.get(f"{_prefix(source)}_ARCHIVE", "").strip() or source.archive)


def _prefix(source: Source) -> str:
    return (source.connection or f"{source.name.upper()}_URL").removesuffix("_URL")


def keeping(source: Source, url: str, variables: Mapping[str, str]) -> Keeping:
    """What a source declares, under what `.env` says of this installation.

    For the connection `FLUXVISION_URL`: `FLUXVISION_ARCHIVE` and `FLUXVISION_AFTER_LANDING`, which
    hold unless they are empty.

    Raises:
        SettingsError: no such word, an archive that may not be, or one within the place itself.
    """
    named = {key: f"{_prefix(source)}_{key.upper()}" for key in ("archive", "after_landing")}
    given = {key: variables.get(name, "").strip() for key, name in named.items()}
    archive = given["archive"] or source.archive
    then = given["after_landing"] or source.after_landing
    try:
        after_landing(then)
    except ValueError as error:
        raise SettingsError(f"{named['after_landing']}: {error}") from None
    for key, what in archive_problems(archive, then, source.tables):
        where = named[key] if given[key] else f"{source.name}: {key}"
        raise SettingsError(f"{where}: {what}")
    if not archive:
        return NOTHING_KEPT
    try:
        folder = (ROOT / Path(archive).expanduser()).resolve()
    except RuntimeError:
        raise SettingsError(f"{named['archive']}: {archive} is in nobody's home folder") from None
    place = local_folder(url) if url else None
    if place is not None:
        place = place.resolve()
        if folder.is_relative_to(place) or place.is_relative_to(folder):
            raise SettingsError(
                f"{source.name}: the archive {folder} and the place {place} lie in one another:"
                " what is archived would be a delivery; keep it elsewhere"
            )
    return Keeping(folder, cast(AfterLanding, then))
