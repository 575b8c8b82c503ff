"""The server's log: one JSON object a line, with nothing about any client.

A line says no time: a journal adds its own where an operator wants it, and lines are written about
the server's troubles, never about a request.
"""

from __future__ import annotations

import json
import logging

__all__ = ["log_as_json"]


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return a line: level, the module that says it, and what it says."""
        said = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            # Where it happened; what it said may quote a request.
            last = record.exc_info[2]
            while last is not None and last.tb_next is not None:
                last = last.tb_next
            said["error"] = getattr(record.exc_info[0], "__name__", "")
            if last is not None:
                said["at"] = f"{last.tb_frame.f_globals.get('__name__')}:{last.tb_lineno}"
        return json.dumps(said, ensure_ascii=False)


def log_as_json() -> None:
    """Write the log to stderr in this form, from warnings up."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
