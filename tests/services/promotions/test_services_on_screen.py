"""Contextual matching: what is on the screen counts where taste may not be used, and it alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edgeagent.consent import Purpose
from edgeagent.messages import Title, encode_catalogue, sha256_hex
from edgeagent.messages.creatives import Suits
from edgeagent.messages.fields import MAIN_PROFILE
from edgeagent.promotion.context import NOTHING_KNOWN, OnScreen
from edgeagent.services.models.installation import InstallationStore
from edgeagent.testing.creatives import some_creative
from tests.services.conftest import Box
from tests.services.promotions.furnished import BOTH, LIKED, OTHER, SPACE, publish, see_taste

Make = Callable[..., Box]
SCARY = OnScreen(genre="horror")
"""Segments 2 and 10 of the model: ``some_labels`` repeats its eight genres."""
TITLE = OnScreen(entity_id="film-1")


def furnished(make_box: Make, name: str, *grants: Purpose, taste: tuple[int, ...] = LIKED) -> Box:
    box = make_box(name)
    box.install()
    box.grant(Purpose.HISTORY, Purpose.PERSONALIZATION, *grants)
    start = box.clock.now()
    publish(
        box,
        some_creative("scary", starts_at=start, suits=Suits(segments=(2, 10))),
        some_creative("musical", starts_at=start, suits=Suits(genres=("Music", "Drama"))),
        some_creative("plain", starts_at=start),
    )
    add_titles(box)
    see_taste(box, *taste)
    return box


def add_titles(box: Box) -> None:
    """Let the box have a catalogue of titles in which film-1 is a horror film."""
    titles = (Title(entity_id="film-1", title="It", genres=("Horror",)),)
    data = encode_catalogue(
        space_id=SPACE,
        dimension=8,
        issued_at=0,
        titles=titles,
        rows=bytes(8),
        scale=np.ones(1, "<f4").tobytes(),
        bias=np.zeros(1, "<f4").tobytes(),
    )
    store = InstallationStore(box.agent._home.ledger, box.directory / "models")
    manifest = store.manifest()
    reference = msgspec.structs.replace(
        manifest.catalogue, sha256=sha256_hex(data), length_bytes=len(data)
    )
    path = Path(store.path(reference))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    store.update(current=msgspec.structs.replace(manifest, catalogue=reference))


def answers(
    box: Box, on_screen: OnScreen, *, app: str | None = None, periods: int = 80
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for _ in range(periods):
        [item] = box.agent.promotions.choose(
            "home", profile=MAIN_PROFILE, app=app, on_screen=on_screen
        )
        found.append((item.creative.crid, item.by))
        box.clock.advance(6 * 3600)
    return found


def test_without_taste_an_answer_is_a_function_of_the_context_alone(make_box: Make) -> None:
    one = furnished(make_box, "one", taste=LIKED)
    other = furnished(make_box, "other", taste=OTHER)
    consenting = furnished(make_box, "consenting", Purpose.PROMOTION, taste=OTHER)
    consenting.agent.private.start(60)
    in_private = answers(consenting, SCARY, periods=1)
    consenting.agent.private.stop()
    expected = answers(one, SCARY)
    assert expected == answers(other, SCARY)
    assert in_private == expected[:1]
    by_app = answers(consenting, SCARY, app="7", periods=20)
    third = furnished(make_box, "third", taste=LIKED)
    third.clock.advance(6 * 3600)
    assert by_app == answers(third, SCARY, app="7", periods=20)
    assert {by for _, by in expected} == {by for _, by in by_app} == {"context", "chance"}


def test_what_is_on_counts_and_a_title_counts_by_its_genres(make_box: Make) -> None:
    box = furnished(make_box, "one")
    plain, scary = answers(box, NOTHING_KNOWN), answers(furnished(make_box, "two"), SCARY)
    assert {by for _, by in plain} == {"chance"}
    # Expected of 80: 26.7 against 80 · (½ · ⅓ + ½ · 2 / 3.5) = 36.2.
    often = Counter(crid for crid, _ in scary)["scary"]
    assert often > Counter(crid for crid, _ in plain)["scary"]
    assert answers(furnished(make_box, "three"), TITLE) == scary


@pytest.mark.parametrize("on_screen", [OnScreen(entity_id="no-film"), OnScreen(genre="Opera")])
def test_what_nobody_knows_is_no_context(make_box: Make, on_screen: OnScreen) -> None:
    box, other = furnished(make_box, "one"), furnished(make_box, "other")
    assert answers(box, on_screen, periods=20) == answers(other, NOTHING_KNOWN, periods=20)


def test_where_taste_is_used_what_is_on_does_not_count(make_box: Make) -> None:
    one, other = (furnished(make_box, name, *BOTH, taste=LIKED) for name in ("one", "other"))
    found = answers(one, SCARY, periods=30)
    assert found == answers(other, NOTHING_KNOWN, periods=30)
    assert {by for _, by in found} == {"taste", "chance"}


def test_without_titles_a_genre_still_counts(make_box: Make) -> None:
    box = furnished(make_box, "one")
    for path in (box.directory / "models" / "targets").glob("catalogue*"):
        path.unlink()
    both = OnScreen(entity_id="film-1", genre="Horror")
    assert "context" in {by for _, by in answers(box, both, periods=20)}
