"""The standard library's ``sqlite3``, loaded when the first of its errors is raised or caught.

The driver is SQLCipher's. Only the exceptions of ``sqlite3`` are used, since those are what code
written for it catches, and a service that meets none has no use for a MiB of its library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeagent.lazy_modules import on_use

if TYPE_CHECKING:
    import sqlite3
else:
    sqlite3 = on_use("sqlite3")

__all__ = ["sqlite3"]
