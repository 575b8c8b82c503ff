"""The made blocks of the pages: contents, help texts, exit codes, settings, methods, tables.

``python -m tests.pages`` rewrites them; a test compares them. A block begins with
``<!-- made: NAME -->`` and ends with ``<!-- end -->``.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import get_type_hints

import click
import msgspec
from click.testing import CliRunner

import edgeagent
from edgeagent import Agent, config, errors
from edgeagent.api.confirmations import VALID_SECONDS
from edgeagent.api.methods.registry import METHODS
from edgeagent.api.transport.answer_grid import AT_ONCE
from edgeagent.api.transport.jsonrpc import BATCH_ANSWER_BYTES, BATCH_LIMIT, FRAME_LIMIT_BYTES
from edgeagent.api.transport.send_queue import QUEUE_LIMIT, TIMEOUT_SECONDS
from edgeagent.cli.root import cli as edgeagent_cli
from model_export.cli import main as model_export_cli
from server_stub.cli import main as server_stub_cli
from tests.api.methods.methods_page import reference
from tests.bench.benches import BENCHES
from tests.bench.quality_tables import quality_page
from tests.bench.result_tables import kept_result, table_of
from tests.cli.command_tree import commands_of
from tests.pages.found import BLOCK, ROOT, Page, pages

PROGRAMS: dict[str, click.Command] = {
    "edgeagent": edgeagent_cli,
    "model-export": model_export_cli,
    "server-stub": server_stub_cli,
}


def rewritten(page: Page) -> str:
    """Return a page with every made block as the code says today."""
    return BLOCK.sub(
        lambda found: f"<!-- made: {found['name']} -->\n{_made(found['name'], page)}\n<!-- end -->",
        page.text,
    )


def _made(name: str, page: Page) -> str:
    if name == "contents":
        return _contents(page)
    if name.endswith("--help"):
        program, *nouns = name.removesuffix(" --help").split()
        return f"```text\n$ {name}\n{_help(program, nouns)}\n```"
    if name == "modules":
        return _modules(page.path.parent)
    if name.startswith("bench "):
        return table_of([kept_result(bench) for bench in name.split()[1:]])
    return _TABLES[name]()


def _contents(page: Page) -> str:
    return "\n".join(
        f"{'  ' * (heading.level - 2)}- [{heading.text}](#{heading.anchor})"
        for heading in page.headings
        if heading.level in {2, 3} and heading.text != "Contents"
    )


def _short_name(page: Page) -> str:
    return page.name.removesuffix("README.md").rstrip("/")


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.) ", text, maxsplit=1)[0]


def _index() -> str:
    listed = [p for p in pages() if p.name != "README.md" and "/decisions/0" not in p.name]
    lines = [
        f"| [{_short_name(page)}]({page.name}) | {_first_sentence(page.purpose)} |"
        for page in listed
    ]
    return "\n".join(["| page | what it answers |", "| --- | --- |", *lines])


def _help(program: str, nouns: list[str]) -> str:
    english = CliRunner(env={"LANGUAGE": "en"})
    result = english.invoke(
        PROGRAMS[program], [*nouns, "--help"], prog_name=program, terminal_width=80
    )
    if result.exit_code != 0:
        message = f"{program} {' '.join(nouns)}: {result.output}"
        raise ValueError(message)
    return result.output.rstrip()


def _sub_commands() -> str:
    """Return the help of every command that stands below a noun."""
    context = click.Context(edgeagent_cli)
    parts = []
    for noun in edgeagent_cli.list_commands(context):
        group = edgeagent_cli.get_command(context, noun)
        if not isinstance(group, click.Group):
            continue  # its help is on the page of the command line
        parts.append(f"## `edgeagent {noun}`")
        for name in group.list_commands(context):
            command = f"edgeagent {noun} {name}"
            text = _help("edgeagent", [noun, name])
            parts += [f"### `{command}`", f"```text\n$ {command} --help\n{text}\n```"]
    return "\n\n".join(parts)


def _exit_codes() -> str:
    rows = {
        0: ["everything went well"],
        1: ["an error of ours that is none of those below"],
        2: ["the command line itself is wrong"],
    }
    for name in errors.__all__:
        kind = getattr(errors, name)
        if "exit_code" in vars(kind) and kind is not errors.EdgeAgentError:
            rows.setdefault(kind.exit_code, []).append(_first_line(kind))
    rows[130] = ["interrupted with Ctrl-C; nothing is left half done"]
    lines = [f"| {code} | {'; '.join(words)} |" for code, words in sorted(rows.items())]
    return "\n".join(["| exit code | meaning |", "| --- | --- |", *lines])


def documented_settings(kind: type[msgspec.Struct]) -> list[tuple[str, str, str]]:
    """Return name, default and meaning of every setting of a table."""
    source = textwrap.dedent(inspect.getsource(kind))
    documented = dict(re.findall(r'^    (\w+): [^\n]*\n    """([^"]*)"""', source, re.MULTILINE))
    found = []
    for setting in msgspec.structs.fields(kind):
        if isinstance(setting.default, msgspec.Struct):
            continue  # a table of its own
        default = "none" if setting.default is None else f"`{_toml(_default(setting))}`"
        text = " ".join(documented[setting.name].replace("``", "`").split())
        found.append((setting.name, default, text))
    return found


def _environment() -> str:
    """Return the variables that stand for an option, with the commands that have it."""
    rows: dict[str, tuple[str, str, list[str]]] = {}
    for path, command in commands_of(edgeagent_cli):
        for option in command.params:
            if isinstance(option, click.Option) and isinstance(option.envvar, str):
                text = (option.help or "").split("  [")[0]
                _, _, places = rows.setdefault(option.envvar, (option.opts[0], text, []))
                places.append(f"`{' '.join(('edgeagent', *path))}`")
    lines = [
        f"| `{name}` | `{option}` of {', '.join(places)} | {text} |"
        for name, (option, text, places) in sorted(rows.items())
    ]
    return "\n".join(["| variable | stands for | meaning |", "| --- | --- | --- |", *lines])


def _settings(kind: type[msgspec.Struct]) -> str:
    lines = [
        f"| `{name}` | {default} | {text} |" for name, default, text in documented_settings(kind)
    ]
    return "\n".join(["| setting | default | what it does |", "| --- | --- | --- |", *lines])


def _default(setting: msgspec.structs.FieldInfo) -> object:
    return setting.default_factory() if callable(setting.default_factory) else setting.default


def _methods() -> str:
    own = [method for method in METHODS if method.name.startswith("EdgeAgent.")]
    lines = [f"| `{method.name}` | {method.caller.label} | {method.summary} |" for method in own]
    return "\n".join(["| method | open to | what it does |", "| --- | --- | --- |", *lines])


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else msgspec.json.encode(value).decode()


def _first_line(kind: type) -> str:
    line = (inspect.getdoc(kind) or "").splitlines()[0].rstrip(".")
    return line[0].lower() + line[1:]


def _modules(room: Path) -> str:
    """Return what each module and room below is for: the first paragraph of its docstring."""
    modules = [path for path in sorted(room.glob("*.py")) if not path.name.startswith("__")]
    below = [path for path in sorted(room.glob("*/__init__.py")) if _purpose(path)]
    lines = [
        f"| `{name}` | {_purpose(path)} |"
        for name, path in [
            *((f"{path.parent.name}/", path) for path in below),
            *((path.name, path) for path in modules),
        ]
    ]
    return "\n".join(["| file | what it is for |", "| --- | --- |", *lines])


def _purpose(path: Path) -> str:
    paragraph = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0]
    return " ".join(re.sub(r":\w+:`~?([^`]+)`", r"`\1`", paragraph).replace("``", "`").split())


def _benches() -> str:
    found = pages()
    lines = ["| command | what it measures | its last result |", "| --- | --- | --- |"]
    for bench in BENCHES:
        places = ", ".join(
            f"[{_short_name(page)}](../../{page.name})"
            for page in found
            if bench.name in page.benches
        )
        lines.append(f"| `python -m tests.bench {bench.name}` | {bench.purpose} | {places} |")
    return "\n".join(lines)


def _api_limits() -> str:
    service = config.ServiceConfig()
    rows = [
        ("a request, one frame or line", f"{FRAME_LIMIT_BYTES // 1024} KiB", "error, disconnected"),
        ("requests in a batch", f"{BATCH_LIMIT}", "the batch is refused, −32600"),
        (
            "answers to one batch, together",
            f"{BATCH_ANSWER_BYTES // 1024} KiB",
            "the rest of the batch is refused, −32600",
        ),
        ("events that wait for one client", f"{QUEUE_LIMIT}", "disconnected"),
        ("time to take an answer, or a piece of a batch", f"{TIMEOUT_SECONDS:g} s", "disconnected"),
        (
            "connections, unix socket and WebSocket each (`max_connections`)",
            f"{service.max_connections}, three quarters for apps",
            "see below",
        ),
        ("calls of the apps of one user at once", f"{AT_ONCE}", "others wait"),
        (
            "viewings of the apps of one user at once (`viewings_at_once`)",
            f"{service.viewings_at_once:,}, one connection half",
            "−42900, nothing is stored",
        ),
        (
            "viewings that come back (`viewings_per_hour`)",
            f"{service.viewings_per_hour} an hour, one connection half",
            "−42900",
        ),
        ("time of a confirmation of `EdgeAgent.erase`", f"{VALID_SECONDS} s", "−32602"),
    ]
    lines = [f"| {what} | {limit} | {beyond} |" for what, limit, beyond in rows]
    return "\n".join(["| what | limit | beyond it |", "| --- | --- | --- |", *lines])


def _python_api() -> str:
    """Return the members of the agent, and those of its parts that a front end calls.

    A part's other members are there for other parts.
    """
    lines = [
        f"| `{name}{_parameters(member)}` | {_sentence(member)} |"
        for name, member in [*_members(Agent, ""), *_members_of_parts(Agent, "", _front_ends())]
        if inspect.getdoc(member)
    ]
    return "\n".join(["| member | what it does |", "| --- | --- |", *lines])


def _python_names() -> str:
    """Return the names that ``edgeagent`` exports."""
    found = {name: getattr(edgeagent, name) for name in edgeagent.__all__ if name[0] != "_"}
    lines = [f"| `{name}{_parameters(one)}` | {_sentence(one)} |" for name, one in found.items()]
    return "\n".join(["| name | what it is |", "| --- | --- |", *lines])


def _front_ends() -> str:
    folders = [ROOT / "edgeagent" / name for name in ("api", "cli", "simulator")]
    return "\n".join(
        path.read_text("utf-8") for folder in folders for path in sorted(folder.rglob("*.py"))
    )


def _members(kind: type, part: str) -> Iterator[tuple[str, object]]:
    for name, member in vars(kind).items():
        if not name.startswith("_"):
            yield f"{part}{name}", member


def _members_of_parts(kind: type, part: str, callers: str) -> Iterator[tuple[str, object]]:
    for name, member in _members(kind, part):
        if isinstance(member, cached_property):
            made = get_type_hints(member.func)["return"]
            called = [
                one
                for one in _members(made, f"{name}.")
                if re.search(rf"\bagent\.{re.escape(one[0])}\b", callers)
            ]
            yield from called
            yield from _members_of_parts(made, f"{name}.", callers)


def _parameters(member: object) -> str:
    function = getattr(member, "__func__", member)
    if not inspect.isfunction(function):
        return ""  # a property
    words: list[str] = []
    by_name = False
    for one in inspect.signature(function).parameters.values():
        if one.name in {"self", "cls"}:
            continue
        if one.kind is inspect.Parameter.KEYWORD_ONLY and not by_name:
            words, by_name = [*words, "*"], True
        words.append(f"{one.name}{_unless_given(one.default)}")
    return f"({', '.join(words)})"


def _unless_given(value: object) -> str:
    if value is inspect.Parameter.empty:
        return ""
    if callable(value):
        return "=..."
    return f'="{value}"' if isinstance(value, str | Path) else f"={value}"


def _sentence(member: object) -> str:
    return " ".join((inspect.getdoc(member) or "").split("\n\n")[0].replace("``", "`").split())


_TABLES: dict[str, Callable[[], str]] = {
    "api limits": _api_limits,
    "benches": _benches,
    "environment": _environment,
    "exit codes": _exit_codes,
    "methods": _methods,
    "reference": reference,
    "pages": _index,
    "python api": _python_api,
    "python names": _python_names,
    "quality tables": quality_page,
    "sub-commands": _sub_commands,
    "service settings": lambda: _settings(config.ServiceConfig),
    "settings": lambda: _settings(config.Config),
}
