"""``edgeagent/install/config.toml``: every setting with what it does and its default.

``python -m tests.install.settings_file`` rewrites it; a test compares.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import msgspec

import edgeagent
from edgeagent.config import Config, ServiceConfig
from tests.pages.made import documented_settings

SETTINGS = Path(edgeagent.__file__).parent / "install" / "config.toml"
_HEAD = """\
# Settings of edgeagent: /etc/edgeagent/config.toml, or config.toml in the home of a box.
# Everything is optional; what is commented out is the default, and "" means none. They can only
# tighten what is compiled in. 'edgeagent config check' reads this file, 'edgeagent config show'
# says what is set.
"""


def settings_file() -> str:
    """Return the file as the code says today."""
    parts = [_HEAD, *_settings(Config), "[service]\n", *_settings(ServiceConfig)]
    return "\n".join(parts)


def _settings(kind: type[msgspec.Struct]) -> list[str]:
    found = []
    for name, default, text in documented_settings(kind):
        comment = textwrap.fill(text, 96, initial_indent="# ", subsequent_indent="# ")
        value = '""' if default == "none" else default.strip("`")
        found.append(f"{comment}\n#{name} = {value}\n")
    return found


if __name__ == "__main__":
    SETTINGS.write_text(settings_file(), "utf-8")
