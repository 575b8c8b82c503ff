"""One request of a viewer who may look, and what pages do with it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from edgeagent.dashboard.box_client import BoxClient, Refused
from edgeagent.dashboard.colours import Colours
from edgeagent.dashboard.rendering import render
from edgeagent.dashboard.texts import LANGUAGES, Texts, load_texts
from edgeagent.errors import ProfileLocked, WrongPin
from edgeagent.messages.answers.household import ProfileLockShape
from edgeagent.messages.answers.status import StatusShape
from edgeagent.randomness import RandomSource

__all__ = ["PIN", "Handler", "PageRequest", "Route"]

T = TypeVar("T")
PIN = re.compile(r"[0-9]{4,12}")
"""What the service takes for a PIN; the page says so before it is asked."""
_MOST_DIGITS = 12  # seconds UTC of the year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A request that was let in: its path and fields, language and colours, and the box to ask."""

    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    """What was posted; empty for a GET."""
    form_key: str
    """What every form on the page has to send back."""
    texts: Texts
    colours: Colours
    box: BoxClient
    random: RandomSource
    """For examples, which are made here and go nowhere."""

    async def ask(self, name: str, kind: type[T], /, **params: object) -> T:
        """Call ``EdgeAgent.name``, whose answer is of this kind."""
        return await self.box.ask(name, kind, **params)

    async def tell(self, name: str, /, **params: object) -> None:
        """Call ``EdgeAgent.name`` and drop the answer."""
        await self.box.ask_raw(name, **params)

    @property
    def place(self) -> str:
        """The address of the page, without what was done just before: where Back leads to."""
        kept = sorted((key, value) for key, value in self.query.items() if value and key != "done")
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    async def now(self) -> int:
        """Return the box's time, seconds UTC."""
        return (await self.ask("status", StatusShape)).now

    def number(self, field: str, *, otherwise: int | None = None) -> int:
        """Return the whole number in a field of the form or the address; 400 if it is none."""
        text = self.form.get(field) or self.query.get(field, "")
        if not text and otherwise is not None:
            return otherwise
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            raise HTTPException(400)
        return int(text)

    async def page(
        self, template: str, *, back: str | None = "/", status_code: int = 200, **values: object
    ) -> Response:
        """Return a page, with the box's standing in its head.

        Args:
            template: its file name, without the ending.
            back: where the Back key leads; nowhere on the first page.
            status_code: of the answer.
            values: what the template shows.

        """
        content = render(
            template,
            t=self.texts,
            colours=self.colours,
            path=self.path,
            place=self.place,
            back=back,
            form_key=self.form_key,
            languages={name: load_texts(name)("language.own") for name in LANGUAGES},
            status=await self.ask("status", StatusShape),
            done=self._done(),
            **values,
        )
        return HTMLResponse(content, status_code=status_code)

    async def confirm(
        self, action: str, fields: Mapping[str, str], *, back: str, **named: str
    ) -> Response:
        """Return the page that asks once more before ``action`` is done.

        Args:
            action: names the texts: question, what follows, and the button.
            fields: what to post again, to the same path.
            back: where "no" leads.
            named: fills in the texts.

        """
        return await self.page("confirm", action=action, back=back, fields=fields, named=named)

    @property
    def pin(self) -> str | None:
        """What was typed into a form for the profile lock's PIN."""
        return self.form.get("pin") or None

    async def ask_pin(self, refused: Refused) -> Response:
        """Return the form for the PIN that the service asks for; it posts the same again.

        Raises:
            Refused: the service asked for something else.

        """
        is_pin = self.pin is None or PIN.fullmatch(self.pin)
        if is_pin and not isinstance(refused.error, ProfileLocked):
            raise refused
        error = "wrong" if isinstance(refused.error, WrongPin) else ""
        return await self.page(
            "pin",
            status_code=403,
            fields={name: value for name, value in self.form.items() if name != "pin"},
            lock=await self.ask("profileLock", ProfileLockShape),
            error=error if is_pin else "digits",
        )

    def go(self, path: str, *, done: str, **query: str) -> Response:
        """Go on to another page, which says what was done."""
        joint = "&" if "?" in path else "?"
        return RedirectResponse(f"{path}{joint}{urlencode(query | {'done': done})}", 303)

    def _done(self) -> str:
        key = f"done.{self.query.get('done', '')}"
        return key if key in self.texts else ""


Handler = Callable[[PageRequest], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One path of the dashboard."""

    path: str
    handler: Handler
    method: str = "GET"
