"""Man pages are made from the help of every command of every program."""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.command_tree import commands_of
from tests.pages.made import PROGRAMS

_needs_click_man = pytest.mark.skipif(
    find_spec("click_man") is None, reason="needs pip install -e '.[release]'"
)


@_needs_click_man
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_has_a_page_in_english(program: str, tmp_path: Path) -> None:
    environment = {"SOURCE_DATE_EPOCH": "1790000000", "LANGUAGE": "de"}
    pages = []
    for place in (tmp_path / "one", tmp_path / "two"):
        done = CliRunner(env=environment).invoke(
            PROGRAMS[program], ["--man-pages", str(place)], prog_name=program
        )
        assert done.exit_code == 0, done.output
        pages.append({path.name: path.read_text() for path in place.iterdir()})
    assert pages[0] == pages[1]
    wanted = {f"{'-'.join((program, *words))}.1" for words, _ in commands_of(PROGRAMS[program])}
    assert set(pages[0]) == wanted
    assert f"\n.B {program} " in pages[0][f"{program}.1"].partition(".SH EXAMPLES")[2].replace(
        "\\-", "-"
    )
    for name, page in pages[0].items():
        assert '"2026-09-21"' in page.splitlines()[0], name
        assert "..." not in page.partition(".SH DESCRIPTION")[2], name
        assert "Vorgabe" not in page, name
        assert not re.search("^'", page, re.MULTILINE), name  # to groff it is no text


def test_without_click_man_it_is_said_how_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("click_man", "click_man.core"):
        monkeypatch.setitem(sys.modules, name, None)  # as Python notes what is not to be had
    done = CliRunner().invoke(PROGRAMS["model-export"], ["--man-pages", str(tmp_path / "man")])
    assert (done.exit_code, "edgeagent[release]" in done.output) == (2, True)
    assert not (tmp_path / "man").exists()
