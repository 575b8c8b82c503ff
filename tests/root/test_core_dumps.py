from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import ctypes, resource, sys
from pathlib import Path
from edgeagent.store import FileKeyProvider, Home
from edgeagent.testing.randomness import SeededRandomSource

PR_GET_DUMPABLE = 3
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
before = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
home = Path(sys.argv[1])
provider = FileKeyProvider(home / "kek")
Home.open(home, provider=provider, now=1_790_000_000, random=SeededRandomSource("s")).close()
after = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
print(before, after, resource.getrlimit(resource.RLIMIT_CORE)[0])
"""


DASHBOARD = """
import ctypes
from edgeagent.dashboard.__main__ import main
main(["--socket", "/nowhere/socket", "--port", "0"])
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def test_a_dashboard_leaves_none_and_nobody_looks_into_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DASHBOARD], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"


def test_a_process_that_holds_keys_leaves_no_core_dump(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "home")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1", "0", "0"]
