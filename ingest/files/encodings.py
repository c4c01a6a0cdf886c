"""In which encoding a text file is written."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.files.errors import FileRefused

_CHUNK = 1024 * 1024
_SAMPLE_LINES = 10_000
_SAMPLE_BYTES = 200_000
# Known by their mark alone: without it, their bytes are no lines.
WIDE = ("utf-16", "utf-32")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """`name` is a Python codec, `bom_bytes` are to be skipped, `whole`: every byte decodes."""

    name: str
    bom_bytes: int
    whole: bool


def detect(path: Path, expected: Sequence[str]) -> Encoding:
    """Find the encoding of a file among the expected ones, reading all of it.

    A byte order mark decides. Else UTF-8 if it decodes the whole file, or most of its non-ASCII
    lines (the others are then rejects: no text of Windows-1252 looks like UTF-8 line after
    line). Else, of the other expected ones, the only one that decodes the whole file; cp1252
    before ISO-8859-1, which decodes anything; among others chardet chooses.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    for bom, name in _BOMS:
        if start.startswith(bom):
            # The codecs utf-16 and utf-32 read their own mark, which also tells the byte order.
            skipped = len(bom) if name == "utf-8" else 0
            return Encoding(name, skipped, _decodes(path, name))
    names = [_canonical(name) for name in expected]
    others = [name for name in names if name not in ("utf-8", *WIDE)]
    if "utf-8" in names or not others:
        if _decodes(path, "utf-8"):
            return Encoding("utf-8", 0, True)
        if not others or _mostly_utf8(path):
            return Encoding("utf-8", 0, False)
    return _choose(path, others)


def transcoded(path: Path, encoding: Encoding, scratch: Path) -> Path:
    """Copy a UTF-16 or UTF-32 file as UTF-8 into the throw-away folder.

    Raises:
        FileRefused: some bytes do not decode (where the next character begins is then unknown).
    """
    decoder = codecs.getincrementaldecoder(encoding.name)()
    with tempfile.NamedTemporaryFile("wb", dir=scratch, delete=False) as target:
        try:
            for chunk in _chunks(path):
                target.write(decoder.decode(chunk).encode())
            target.write(decoder.decode(b"", final=True).encode())
        except UnicodeError as error:
            target.close()
            Path(target.name).unlink()
            raise FileRefused(f"bytes that are not {encoding.name}") from error
    return Path(target.name)


def _canonical(name: str) -> str:
    canonical = codecs.lookup(name).name
    return {"iso8859-1": "iso-8859-1", "utf-8-sig": "utf-8"}.get(canonical, canonical)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _decodes(path: Path, encoding: str) -> bool:
    if encoding == "iso-8859-1":
        return True
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            # ASCII needs no decoding, unless the decoder waits for the rest of a character.
            if encoding in ("utf-8", "cp1252") and chunk.isascii() and not decoder.getstate()[0]:
                continue
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _non_ascii_lines(path: Path) -> Iterator[bytes]:
    """Some lines that are not ASCII; one cut by the end of a chunk is left out."""
    for chunk in _chunks(path):
        cut = chunk.rfind(b"\n") + 1 or len(chunk)
        for line in chunk[:cut].split(b"\n"):
            if not line.isascii():
                yield line


def _mostly_utf8(path: Path) -> bool:
    valid = seen = 0
    for line in _non_ascii_lines(path):
        if seen == _SAMPLE_LINES:
            break
        seen += 1
        try:
            line.decode()
        except UnicodeError:
            continue
        valid += 1
    return valid * 2 > seen


def _choose(path: Path, candidates: Sequence[str]) -> Encoding:
    fitting = [name for name in candidates if _decodes(path, name)]
    if not fitting:
        return Encoding(candidates[0], 0, False)
    if "cp1252" in fitting:
        fitting = [name for name in fitting if name != "iso-8859-1"]
    if len(fitting) == 1:
        return Encoding(fitting[0], 0, True)
    return Encoding(_likeliest(path, fitting), 0, True)


def _likeliest(path: Path, candidates: Sequence[str]) -> str:
    """Of encodings that all decode the file, the one whose letters make words."""
    import chardet  # slow to import, and seldom needed

    sample = bytearray()
    for line in _non_ascii_lines(path):
        sample += line + b"\n"
        if len(sample) > _SAMPLE_BYTES:
            break
    found = chardet.detect(
        bytes(sample), include_encodings=list(candidates), no_match_encoding=candidates[0]
    )
    name = _canonical(found["encoding"] or candidates[0])
    return name if name in candidates else candidates[0]
