"""Encodings are told apart by what decodes, then by what the table expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.files.encodings import Encoding, detect

DEFAULT = ("utf-8", "cp1252", "iso-8859-1")


@pytest.mark.parametrize(
    ("content", "expected", "found"),
    [
        (b"plain", DEFAULT, Encoding("utf-8", 0, True)),
        ("é".encode(), DEFAULT, Encoding("utf-8", 0, True)),
        (b"\xef\xbb\xbf\xe9", DEFAULT, Encoding("utf-8", 3, False)),
        ("é".encode("utf-16"), DEFAULT, Encoding("utf-16", 0, True)),
        ("é".encode("utf-32"), DEFAULT, Encoding("utf-32", 0, True)),
        (b"\xe9", DEFAULT, Encoding("cp1252", 0, True)),
        (b"l\x92\xe9t\xe9", DEFAULT, Encoding("cp1252", 0, True)),
        (b"\x81\xe9", DEFAULT, Encoding("iso-8859-1", 0, True)),
        (b"\x81\xe9", ("utf-8", "cp1252"), Encoding("cp1252", 0, False)),
        ("é\né\n".encode() + b"\xe9\n", DEFAULT, Encoding("utf-8", 0, False)),
        ("é\n".encode() + b"\xe9\n\xe8\n", DEFAULT, Encoding("cp1252", 0, True)),
        (b"\xe9", ("utf-8",), Encoding("utf-8", 0, False)),
        ("é".encode(), ("cp1252",), Encoding("cp1252", 0, True)),
        ("é".encode(), ("latin-1",), Encoding("iso-8859-1", 0, True)),
    ],
)
def test_detection(
    tmp_path: Path, content: bytes, expected: tuple[str, ...], found: Encoding
) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert detect(path, expected) == found


def test_a_character_cut_by_a_block_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * (1024 * 1024 - 1) + "é".encode() + b"x" * 1024 * 1024)
    assert detect(path, DEFAULT) == Encoding("utf-8", 0, True)
    path.write_bytes(b"x" * (1024 * 1024 - 1) + b"\xc3" + b"x" * 1024 * 1024)
    assert detect(path, DEFAULT) == Encoding("cp1252", 0, True)


def test_other_expected_encodings_are_told_by_their_words(tmp_path: Path) -> None:
    path = tmp_path / "a"
    text = "La Châtaigneraie a reçu près de mille étés à la forêt d'Auvergne, où l'été dure.\n"
    path.write_bytes((text * 30).encode("mac-roman"))
    assert detect(path, ("utf-8", "cp1252", "mac-roman")).name == "mac-roman"
    path.write_bytes((text * 30).encode("cp1252"))
    assert detect(path, ("utf-8", "cp1252", "mac-roman")).name == "cp1252"
