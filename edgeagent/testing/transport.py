"""A Transport that answers from a script and remembers what it was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edgeagent.errors import NetworkError
from edgeagent.network.transport import Response

__all__ = ["ScriptedTransport"]


class ScriptedTransport:
    """Answers each post with the next of a list; ``None`` stands for no answer at all."""

    def __init__(self, answers: Iterable[Response | None] = ()) -> None:
        """Respond from ``answers``, then 204 for ever."""
        self._answers = iter(answers)
        self.bodies: list[bytes] = []

    def post(self, body: bytes, *, wanted: Callable[[], bool] = lambda: True) -> Response:
        """Remember ``body`` and answer, unless it is not wanted.

        Raises:
            NetworkError: the script says there is no answer, or it is not wanted.

        """
        if not wanted():
            raise NetworkError("called off", hint="this is a test")
        self.bodies.append(body)
        answer = next(self._answers, Response(status=204))
        if answer is None:
            raise NetworkError("no route to host", hint="this is a test")
        return answer
