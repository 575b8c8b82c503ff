from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeagent.start import INTERRUPTED_EXIT_CODE, start


@pytest.mark.parametrize("program", ["edgeagent", "model_export", "server_stub"])
@pytest.mark.parametrize("loading", ["click", "msgspec"])
def test_an_interrupt_while_a_program_is_loaded_is_one_line(
    tmp_path: Path, program: str, loading: str
) -> None:
    """Ctrl-C comes when ``loading``, which every program needs, is imported."""
    (tmp_path / f"{loading}.py").write_text("raise KeyboardInterrupt")
    ended = subprocess.run(
        [sys.executable, "-m", program, "--help"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == INTERRUPTED_EXIT_CODE
    assert ended.stderr == "interrupted; nothing is left half done\n"


def test_a_program_is_called_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "one_that_runs.py").write_text("def main(prog_name): print(prog_name)")
    (tmp_path / "one_that_loads.py").write_text("raise KeyboardInterrupt")
    start("one_that_runs", program="a-name")
    assert capsys.readouterr() == ("a-name\n", "")
    with pytest.raises(SystemExit) as ended:
        start("one_that_loads", program="a-name")
    assert ended.value.code == INTERRUPTED_EXIT_CODE
    assert capsys.readouterr() == ("", "interrupted; nothing is left half done\n")
