"""The throw-away folder is ours alone, and nothing of it outlives its run by long."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.files.scratch import throwaway

HOLD = (
    "import sys, pathlib, time\n"
    "from ingest.files.scratch import throwaway\n"
    "with throwaway(pathlib.Path(sys.argv[1])) as folder:\n"
    "    (folder / 'secret.csv').write_text('x')\n"
    "    print(folder, flush=True)\n"
    "    time.sleep(60)\n"
)


def test_it_is_private_and_gone_at_the_end(tmp_path: Path) -> None:
    base = tmp_path / "work"
    with throwaway(base) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "sub").mkdir()
        (folder / "sub" / "x").touch()
    assert not list(base.iterdir())


def test_it_goes_even_if_the_run_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError), throwaway(tmp_path):
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_leftovers_of_a_killed_run_go_and_those_of_a_live_one_stay(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    environment = {"PYTHONPATH": ":".join(path or "." for path in sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as other:
        assert other.stdout
        folder = Path(other.stdout.readline().strip())
        with throwaway(tmp_path):
            assert (folder / "secret.csv").exists(), "a live run keeps its folder"
        other.send_signal(signal.SIGKILL)
    assert (folder / "secret.csv").exists()
    with throwaway(tmp_path) as ours:
        assert not folder.exists()
        assert {path.stem for path in tmp_path.iterdir()} == {ours.name}
