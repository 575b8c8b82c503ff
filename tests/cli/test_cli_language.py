"""The command line in every language: what is chosen, what is translated, and what never is."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from edgeagent import cli as room
from edgeagent import errors
from edgeagent.cli.root import cli
from edgeagent.cli.wording import (
    TranslatedCommand,
    choose_language,
    counted,
    said,
    without_numbers,
    words,
)
from tests.catalogues import CATALOGUES
from tests.cli.command_tree import commands_of
from tests.cli.spoken import Said, spoken

HERE = Path(room.__file__).parent
LANGUAGES = [path.parts[-3] for path in CATALOGUES if path.is_relative_to(HERE)]
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_OF_CLICK = ("Usage:", "Options:", "Commands:", "Show this message", "[default", "[required]")
_ENGLISH_PAGES = {"fleet.py", "impact_annex.py", "simulate.py", "sweep.py"}
"""A document for a file, and a tool whose words are another room's."""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment that asks for no language; afterwards English is chosen again."""
    with monkeypatch.context() as patch:
        for name in _VARIABLES:
            patch.delenv(name, raising=False)
        yield patch
    choose_language(os.environ)


COMMANDS = dict(commands_of(cli))


@pytest.mark.parametrize(
    ("variables", "nothing"),
    [
        ({}, "nothing"),
        ({"LANG": "de_DE.UTF-8"}, "nichts"),
        ({"LANG": "de_AT"}, "nichts"),
        ({"LANG": "pt_BR.UTF-8"}, "nothing"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "nothing"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, "nichts"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "nothing"),
        ({"LANGUAGE": "de"}, "nichts"),
        ({"LANGUAGE": "pt:de:en", "LANG": "en_US.UTF-8"}, "nichts"),
        ({"LANGUAGE": "en:de", "LANG": "de_DE.UTF-8"}, "nothing"),
        ({"LANGUAGE": "de", "LC_ALL": "C"}, "nothing"),
        ({"LANGUAGE": "de", "LANG": "POSIX"}, "nothing"),
        ({"LANGUAGE": "", "LANG": "de_DE.UTF-8"}, "nichts"),
    ],
)
def test_the_first_language_that_the_environment_asks_for(
    environment: pytest.MonkeyPatch, variables: dict[str, str], nothing: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    choose_language(os.environ)
    assert words("nothing") == nothing


def test_a_number_takes_the_form_of_the_language(environment: pytest.MonkeyPatch) -> None:
    forms = ("{number} viewing", "{number} viewings")
    choose_language(os.environ)
    assert [counted(*forms, number) for number in (0, 1, 2)] == [
        "0 viewings",
        "1 viewing",
        "2 viewings",
    ]
    environment.setenv("LANG", "de_DE.UTF-8")
    choose_language(os.environ)
    assert [counted(*forms, number) for number in (0, 1, 2)] == [
        "0 Einträge",
        "1 Eintrag",
        "2 Einträge",
    ]


def test_a_value_may_hold_braces() -> None:
    assert words("wrote {path}", path="{0}{x}") == "wrote {0}{x}"


def test_what_another_room_says_is_known_whatever_numbers_it_names(
    environment: pytest.MonkeyPatch,
) -> None:
    unknown = "between 2026-01-02 and 2026-01-02T03:04:05Z: {3} of 1.5, in 32-bit"
    times = ["2026-01-02", "2026-01-02T03:04:05Z", "3", "1.5", "32"]
    assert without_numbers(unknown)[1] == times
    assert said(unknown) == unknown
    environment.setenv("LANG", "de_DE.UTF-8")
    choose_language(os.environ)
    assert said("") == ""
    assert said("withdrawn on 2026-01-02T03:04:05Z") == "widerrufen am 2026-01-02T03:04:05Z"
    assert said("Viewings are deleted after 30 days, or on the day after.").startswith(
        "Einträge werden nach 30 Tagen gelöscht"
    )
    assert said("Viewings are deleted after 1 day, or on the day after.").startswith(
        "Einträge werden nach 1 Tag gelöscht"
    )


def test_every_command_is_translated_when_its_help_is_shown() -> None:
    assert len(COMMANDS) > 60
    for path, command in COMMANDS.items():
        assert isinstance(command, TranslatedCommand), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_help_text_is_said_in_its_language(language: str) -> None:
    pages = spoken(language, [[*path, "--help"] for path in COMMANDS])
    for (path, command), page in zip(COMMANDS.items(), pages, strict=True):
        assert (page.exit_code, page.stderr) == (0, ""), path
        text = " ".join(page.stdout.split())
        assert not [word for word in _OF_CLICK if word in text], path
        options = [item for item in command.params if isinstance(item, click.Option)]
        for english in (command.help, *(option.help for option in options if not option.hidden)):
            assert not english or " ".join(english.split()) not in text, (path, english)
        usage, *rest = page.stdout.splitlines()
        assert all(len(line) <= 80 for line in rest), path  # a usage with choices breaks anywhere
        assert "edgeagent" in usage


def test_what_is_printed_and_asked_and_refused_in_german(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path / "home")]
    granted, added, listed, none, asked, assessed, wrong, typo, error = spoken(
        "de",
        [
            [*home, "consent", "grant", "history"],
            [*home, "history", "add", "t:1"],
            [*home, "history", "list"],
            [*home, "recommend"],
            [*home, "erase", "--scope", "history"],
            [*home, "privacy", "assess"],
            [*home, "history", "list", "--limit", "x"],
            [*home, "histori"],
            [*home, "history", "add", ""],
        ],
    )
    assert granted.stdout.startswith("history für main erlaubt, bis ")
    assert "Prüfung: nichts, was auf Einträgen beruht, verlässt diese Box; " in granted.stderr
    assert added.stdout.startswith("t:1 gespeichert, gesehen 20")
    assert listed.stdout.splitlines()[-1] == "1 von 1 Eintrag des Profils main"
    assert (
        none.stderr.splitlines()[0]
        == "error: personalization is not granted for profile 'main': nobody has been asked yet"
    )
    assert asked.stderr == "history endgültig löschen? [y/N]: Abgebrochen!\n"
    promise = "Die Aufzeichnung von Entscheidungen und Meldungen ist vollständig."
    assert f"  gilt: {promise}\n" in assessed.stdout
    assert not re.search(r"\b(the|of|and|is)\b", assessed.stdout)
    assert "Fehler: Ungültiger Wert für '--limit': 'x' ist kein gültiger Wert" in wrong.stderr
    assert typo.stderr.startswith("Aufruf: edgeagent [OPTIONS] COMMAND [ARGS]...\n")
    assert "Den Befehl 'histori' gibt es nicht." in typo.stderr
    assert error.stderr.startswith("error: ")


# A life of a box, every command with --json once. Not among them: what needs a server, a running
# service or minutes, where the same code prints the answer.
_LIFE = """
profile create anna; profile rename anna berta; profile switch berta; profile switch main
profile list; profile lock; profile age-limit main --years 12; history apps; consent show
consent grant history personalization
consent grant reporting
consent withdraw reporting; consent signal gpc; consent grant history; consent receipt
history add t:1; history list; history retention --days 30; title hide t:1; title exclude t:2
title list; title unhide t:1; title include t:2; title forget t:1; history forget t:1
history forget-span --since 2026-11-24T20:15:00Z
private start; private status; private stop; report budget; report preview; report close
report send; disclosures list; disclosures verify; disclosures show x; privacy assess
privacy report; privacy notice; privacy dpia; model status; model update; model rollback
recommend; explain t:1; title search t; keys status; keys rekey; keys rotate; config check
config show; service endpoint; service files; dashboard; doctor; export {home}.json
import {home}.json; promo list; promo choose home; promo choose home --number 9; promo why crisps
promo shown crisps; promo hide crisps; promo unhide --category cars; promo hide --advertiser A
profile remove berta --yes; consent hints off; consent off --yes; erase --scope history --yes
"""
_ELSEWHERE = {
    ("simulate",),
    ("simulate", "fleet"),
    ("simulate", "sweep"),
    ("service", "deb"),
    ("service", "check-sbom"),
}


def _life(home: Path) -> list[list[str]]:
    lines = re.split(r"[;\n]", _LIFE.strip())
    return [["--home", str(home), *line.format(home=home).split(), "--json"] for line in lines]


@pytest.mark.deep
def test_json_and_errors_are_the_same_in_every_language(tmp_path: Path) -> None:
    said_in_life = {tuple(line[2:length]) for line in _life(tmp_path) for length in (3, 4)}
    for path, command in COMMANDS.items():
        if any(parameter.name == "as_json" for parameter in command.params):
            assert path in said_in_life | _ELSEWHERE, path
    english = _lived("en", tmp_path)
    assert sum(said.exit_code == 0 for said in english) > 40
    for language in LANGUAGES:
        for line, ours, theirs in zip(
            _life(tmp_path), _lived(language, tmp_path), english, strict=True
        ):
            assert ours == theirs, line


def _lived(language: str, place: Path) -> list[Said]:
    home = place / language
    return [_timeless(said, home) for said in spoken(language, _life(home))]


def _timeless(said: Said, home: Path) -> Said:
    """Leave out what no two lives share: where they were, when, and what they drew at random."""
    shared = r"\d{4}-\d\d-\d\d(T[\d:]+Z)?|\b\d{10}\b|\b[0-9a-f]{16,}\b|\d+ MiB free"
    out, err = (
        re.sub(shared, "·", text.replace(str(home), "home")) for text in (said.stdout, said.stderr)
    )
    errors = [line for line in err.splitlines() if line.startswith(("error: ", "  try: "))]
    return Said(said.exit_code, out, "\n".join(errors))


SOURCES = sorted(path for path in HERE.glob("*.py") if path.name not in _ENGLISH_PAGES)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_text_is_printed_that_no_catalogue_holds(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # docstrings
            silent.add(id(node.value))
        if isinstance(node, ast.Raise) or _is_translated(node):
            silent.update(id(part) for part in ast.walk(node))
    spoken_here = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in silent
        and re.search(r"[A-Za-z]{2,}[,:]? [a-z]{2,}", node.value)
    ]
    assert not spoken_here


def _is_translated(node: ast.AST) -> bool:
    """Say whether a call looks its text up, takes it as help, or raises it as an error."""
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "_SECTIONS"  # headings of the help
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in {"words", "counted", "option", "group", "command", "UsageError", *errors.__all__}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_translated_text_goes_into_json(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "emit_json":
            inside = {getattr(part, "id", "") for part in ast.walk(node)}
            assert not inside & {"words", "counted"}, ast.unparse(node)
