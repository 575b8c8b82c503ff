"""Man pages and completion come from the program in the package, not from the one that builds."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from edgeagent.errors import InputError
from edgeagent.install.manual_files import require_click_man, write_manual_files
from tests.install.small_wheel import small_wheel

_LIBRARY = "usr/lib/edgeagent"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    library = tmp_path / "root" / _LIBRARY
    with ZipFile(small_wheel(tmp_path, extra="service", program="edgeagent")) as wheel:
        wheel.extractall(library)
    return library


def test_pages_are_packed_and_every_shell_has_its_script(library: Path) -> None:
    root = library.parents[2]
    write_manual_files(root, library=library, program="edgeagent", at=1_700_000_000)
    (page,) = (root / "usr/share/man/man1").iterdir()
    assert page.name == "program.1.gz"
    assert gzip.decompress(page.read_bytes()) == b"of 1700000000"
    for place, shell in (
        ("bash-completion/completions/edgeagent", "bash"),
        ("zsh/vendor-completions/_edgeagent", "zsh"),
        ("fish/vendor_completions.d/edgeagent.fish", "fish"),
    ):
        script = root / "usr/share" / place
        assert script.read_text("utf-8") == f"completes by {shell}_source\n"
        assert script.stat().st_mode & 0o777 == 0o644
    assert not list(library.rglob("*.pyc"))


def test_a_program_that_does_not_run_is_said(library: Path) -> None:
    (library / "edgeagent/__main__.py").write_text("raise SystemExit('it is broken')")
    with pytest.raises(InputError, match="it is broken"):
        write_manual_files(library.parents[2], library=library, program="edgeagent", at=0)


def test_without_click_man_it_is_said_how_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "click_man", None)
    with pytest.raises(InputError, match="'click-man'") as refused:
        require_click_man()
    assert "edgeagent[release]" in refused.value.hint
