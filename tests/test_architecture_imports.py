"""What importing loads: the server and the exporter must not pay for the box, nor the box for them.

Who may import whom is judged by ``lint-imports``; this looks at what really lands in the process.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from types import ModuleType

import grimp
import pytest

import edgeagent
import model_export
import server_stub

HEAVY = {"numpy", "onnxruntime", "sqlcipher3", "sqlite3", "sqlite_utils", "tuf", "urllib3"}
RESIDENT_DOES_NOT_NEED = {
    "jinja2",
    "matplotlib",
    "model_export",
    "numpy",
    "onnxruntime",
    "rich",
    "server_stub",
    "sqlite_utils",
    "starlette",
    "tuf",
}
MODULES = sorted(
    found.name
    for package in (edgeagent, model_export, server_stub)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not found.name.endswith("__main__")
)


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that ``statement`` adds to a fresh interpreter."""
    show = "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    program = f"import sys; before = set(sys.modules)\n{statement}\n{show}"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    ["edgeagent", "edgeagent.messages", "edgeagent.privacy", "edgeagent.consent"],
)
def test_what_is_shared_loads_nothing_heavy(module: str) -> None:
    assert not loaded_by(f"import {module}") & HEAVY


@pytest.mark.parametrize("statement", ["import edgeagent.agent", "import edgeagent.cli"])
def test_the_resident_process_loads_only_what_it_needs(statement: str) -> None:
    assert not loaded_by(statement) & RESIDENT_DOES_NOT_NEED


def test_the_probe_sees_what_is_loaded() -> None:
    assert "numpy" in loaded_by("import edgeagent.features.window")


def test_the_resident_process_does_not_pay_for_the_checks_of_the_python_api() -> None:
    service, checks = "edgeagent.api.process.service", "edgeagent.arguments"
    program = f"import sys, {service}; print('{checks}' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert done.stdout.strip() == b"False"


def test_public_names_are_listed_and_found_on_first_use() -> None:
    assert dir(edgeagent) == sorted(edgeagent.__all__)
    assert issubclass(edgeagent.Agent, importlib.import_module("edgeagent.agent").Agent)
    with pytest.raises(AttributeError, match="Nobody"):
        _ = edgeagent.Nobody


NEEDED = {
    "edgeagent.install.bill_of_materials": ("cyclonedx", "edgeagent[release]"),
    "model_export.heads.timescales_fit": ("torch", "edgeagent[train]"),
    "model_export.heads.timescales_torch": ("torch", "edgeagent[train]"),
}
"""What a module imports that is not in the extra of the tests, and what brings it."""


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_sorted_and_there(name: str) -> None:
    if name in NEEDED:
        other, extra = NEEDED[name]
        pytest.importorskip(other, reason=f"needs {other}: pip install '{extra}'")
    module = importlib.import_module(name)
    own = {n for n, v in vars(module).items() if n[0] != "_" and not isinstance(v, ModuleType)}
    public = getattr(module, "__all__", ())
    assert public or own <= {"annotations"}, f"{name} has names and no __all__"
    assert list(public) == sorted(set(public), key=_ruff_order)
    for entry in public:
        assert hasattr(module, entry), f"{name}.{entry}"


def test_there_is_no_circle_even_among_imports_for_types() -> None:
    # import-linter leaves those out; a reader of the code does not.
    graph = grimp.build_graph("edgeagent", "model_export", "server_stub")
    for imported in graph.find_modules_directly_imported_by("edgeagent"):
        graph.remove_import(importer="edgeagent", imported=imported)  # lazy
    packages = sorted(module for module in graph.modules if graph.find_children(module))
    circles = {package: graph.nominate_cycle_breakers(package) for package in packages}
    assert {package: found for package, found in circles.items() if found} == {}


def _ruff_order(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions, as the linter sorts them."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return rank, name
