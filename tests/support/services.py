"""What a machine may lack: a test that needs it is skipped, and the end says how to install it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable

import pytest

_SAID = "{what} is missing; install it with: {install}"
_READ = re.compile(r"(?:Skipped: )?(.+) is missing; install it with: (.+)")


def find_program(name: str) -> str | None:
    """A program on the path, or in the folders of system programs that a user's path may lack."""
    system = os.pathsep.join(["/usr/sbin", "/sbin", "/usr/local/sbin"])
    return shutil.which(name) or shutil.which(name, path=system)


def requires(program: str, install: str) -> str:
    """The path of a program, or skip the test; with REQUIRE_SERVICES=1, fail it.

    Args:
        install: the command that installs it, listed at the end of the session.
    """
    found = find_program(program)
    if found is None:
        lacks(program, install)
    return str(found)


def lacks(what: str, install: str) -> None:
    """Skip the test for want of something; with REQUIRE_SERVICES=1, fail it."""
    message = _SAID.format(what=what, install=install)
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def missing(reasons: Iterable[str]) -> dict[str, str]:
    """What was missing -> the command that installs it, as the reasons of skipped tests tell."""
    found = (_READ.fullmatch(reason) for reason in reasons)
    return {match[1]: match[2] for match in found if match}
