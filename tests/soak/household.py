"""What people do, told to the service and to the model of what should happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgeagent.consent import Purpose
from edgeagent.testing.clock import FakeClock
from edgeagent.testing.randomness import SeededRandomSource
from tests.soak.box import RunningBox
from tests.soak.model import Expected

__all__ = ["Told", "Wrong"]

_NAMES = ("Ada", "Grace", "Edith", "Mary")
"""Each profile but the first is called by one of them at a time."""
_MOST_PROFILES = 3
_FILM_SECONDS = 5400
_PRIVATE_MINUTES = 240
_TRAILER_SECONDS = 180
_MOST_TRAILERS = 120
"""More than the last page of a database has room for: about 90 viewings, on any tree of it."""


class Wrong(Exception):
    """The service answered what it must not."""


class Told:
    """A household that tells its box of everything."""

    def __init__(
        self,
        running: RunningBox,
        expected: Expected,
        *,
        titles: Sequence[str],
        random: SeededRandomSource,
    ) -> None:
        self._running, self.expected, self._titles = running, expected, titles
        self.random = random
        self._private_until = 0
        self.may_fail = False
        """While the disk is full, whatever is to be stored may be refused."""
        self.refused = 0
        """Viewings, while it was."""

    @property
    def clock(self) -> FakeClock:
        return self._running.box.clock

    def ask(self, method: str, **params: object) -> Any:  # noqa: ANN401  (any JSON)
        """Ask as the home screen; an error is wrong, unless storing may fail."""
        answer = self._running.manager(method, **params)
        if "result" not in answer:
            raise Wrong(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def is_refused(self, method: str) -> bool:
        """Ask for what may not be had; return whether it was not."""
        return "result" not in self._running.manager(method)

    def set_up(self) -> None:
        for purpose in Purpose:
            self.decide(purpose, "main", given=True)

    def watch(self, number: int, *, seconds: int = _FILM_SECONDS) -> None:
        """Watch so many titles to the end; an app tells of each when it is over."""
        for _ in range(number):
            self.clock.advance(seconds + self.random.below(600))
            self.record(self._titles[self.random.below(len(self._titles))])

    def watch_until_refused(self) -> bool:
        """Watch trailers until one is refused, and return whether one was."""
        for _ in range(_MOST_TRAILERS):
            self.clock.advance(_TRAILER_SECONDS)
            if not self.record(self._titles[self.random.below(len(self._titles))]):
                return True
        return False

    def record(self, title: str) -> bool:
        """Tell of one title that ended now; return whether it was acknowledged."""
        now, profile = self.clock.now(), self.expected.active
        private = now < self._private_until
        answer = self._running.app("Discovery.watchedV2", {"entityId": title, "completed": True})
        allowed = self.expected.plain.allows(Purpose.HISTORY, profile=profile, at=now)
        if "result" not in answer:
            if not self.may_fail:
                raise Wrong(f"a viewing was refused: {answer['error']['message']}")
            self.refused += 1
            return False
        if private:
            self.expected.ignored += 1
        elif answer["result"] != allowed:
            raise Wrong(f"a viewing was answered {answer['result']}, consent is {allowed}")
        elif allowed:
            self.expected.apply("record", at=now, profile=profile, watched=((now, title),))
        return True

    def decide(
        self, purpose: Purpose, profile: str, *, given: bool, language: str | None = None
    ) -> None:
        method = "EdgeAgent.grant" if given else "EdgeAgent.withdraw"
        more = {"language": language} if given and language else {}
        self.ask(method, purpose=str(purpose), profile=profile, **more)
        self.expected.apply(
            "grant" if given else "withdraw",
            at=self.clock.now(),
            profile=profile,
            purpose=purpose,
        )

    def turn_consent(self, *, language: str) -> None:
        """Take a consent back, or give one that is not given."""
        profile = self._anybody()
        purpose = tuple(Purpose)[self.random.below(len(Purpose))]
        given = self.expected.plain.allows(purpose, profile=profile, at=self.clock.now())
        self.decide(purpose, profile, given=not given, language=language)

    def agree_again(self) -> None:
        """Let everybody give what they took back the day before, so that life goes on."""
        for profile in self.expected.names:
            for purpose in Purpose:
                if not self.expected.plain.allows(purpose, profile=profile, at=self.clock.now()):
                    self.decide(purpose, profile, given=True)

    def change_profiles(self) -> None:
        """Make a profile, or rename one, and let another person watch."""
        names = self.expected.names
        free = [name for name in _NAMES if name not in names]
        if len(names) < _MOST_PROFILES:
            self.ask("EdgeAgent.createProfile", name=free[0])
            names.append(free[0])
        elif self.random.below(2):
            old = names[1 + self.random.below(len(names) - 1)]
            self.ask("EdgeAgent.renameProfile", name=old, newName=free[0])
            self.expected.rename(old, free[0])
        who = self._anybody()
        self.ask("EdgeAgent.switchProfile", name=who)
        self.expected.active = who

    def forget(self) -> bool:
        """Delete all viewings of a title that a person watched, if there are any."""
        watched = sorted(self.expected.plain.shown(self.clock.now()).watched)
        if watched:
            profile, _, title = watched[self.random.below(len(watched))]
            self.ask("EdgeAgent.forget", entityId=title, profile=profile)
            self.expected.apply("forget", at=self.clock.now(), profile=profile, entity_id=title)
        return bool(watched)

    def watch_privately(self) -> None:
        """Watch a few titles that nobody must remember."""
        self._private_until = self.clock.now() + _PRIVATE_MINUTES * 60
        self.ask("EdgeAgent.startPrivateSession", minutes=_PRIVATE_MINUTES)
        self.watch(2)
        if self.random.below(2):
            self.ask("EdgeAgent.stopPrivateSession")
            self._private_until = 0
        else:
            self.clock.set(self._private_until)

    def look(self) -> None:
        """Look at picks, and at a promo."""
        now, profile = self.clock.now(), self.expected.active
        if self.expected.plain.allows(Purpose.PERSONALIZATION, profile=profile, at=now):
            picks = self.ask("EdgeAgent.recommend", limit=5)["picks"]
            if not picks:
                raise Wrong("there are no picks")
        chosen = self._running.app("EdgeAgent.choose", {"placement": "home"})
        for creative in chosen.get("result", {"creatives": ()})["creatives"]:
            self._running.app("EdgeAgent.shown", {"crid": creative["crid"]})

    def _anybody(self) -> str:
        names = self.expected.names
        return names[self.random.below(len(names))]
