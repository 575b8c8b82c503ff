"""Which tests run when nobody names any: the fast ones, on all processors.

A test is ``deep`` if its folder is among :data:`DEEP_FOLDERS`, or if it is marked so because it
takes over two seconds. ``pytest`` alone leaves the deep ones out and says so; what a path or ``-m``
names runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

__all__ = ["DEEP_FOLDERS"]

DEEP_FOLDERS = frozenset({"audit", "end_to_end", "hil", "packaging", "sdk", "security"})
"""Below ``tests/``: attacks, builds, emulators and whole lives, whatever the single test takes."""
_TESTS = Path(__file__).parent
_LEFT_OUT = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEFT_OUT] = 0


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Start no workers for single files, which take less time than workers, or for one board."""
    named = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    single = all(path.is_file() for path in named)
    return 0 if single or any(path.is_relative_to(_TESTS / "hil") for path in named) else None


# Last, when ``-k`` and ``-m`` have chosen and plugins have put the tests in order.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _is_chosen_by_hand(config):
        return
    deep = [item for item in items if item.get_closest_marker("deep")]
    if deep:
        config.hook.pytest_deselected(items=deep)
        items[:] = [item for item in items if not item.get_closest_marker("deep")]
        config.stash[_LEFT_OUT] = len(deep)


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.path.is_relative_to(_TESTS) and item.path.relative_to(_TESTS).parts[0] in DEEP_FOLDERS:
        item.add_marker("deep")


def _is_chosen_by_hand(config: pytest.Config) -> bool:
    by_path = config.args_source is pytest.Config.ArgsSource.ARGS
    return by_path or bool(config.option.markexpr)


# The workers select, the process that started them tells.


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[_LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    output = getattr(node, "workeroutput", {})
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # xdist's, without types
    config.stash[_LEFT_OUT] = max(config.stash[_LEFT_OUT], output.get("left_out", 0))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.stash[_LEFT_OUT]:
        terminalreporter.write_line(
            f"{config.stash[_LEFT_OUT]} deep tests were left out: "
            "pytest -m deep runs them, pytest tests runs all"
        )
