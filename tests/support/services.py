"""What a machine may lack: a test that needs it is skipped, and the end says how to install it."""

from __future__ import annotations

import os
import shutil

import pytest

# What was missing -> the command that installs it.
MISSING: dict[str, str] = {}


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
    MISSING[what] = install
    message = f"{what} is missing; install it with: {install}"
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
