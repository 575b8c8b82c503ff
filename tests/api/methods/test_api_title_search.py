"""Titles found over the API, up to the age limit of the profile concerned."""

from __future__ import annotations

import msgspec

from edgeagent.messages import TargetReference, Title, sha256_hex
from edgeagent.messages.catalogue import encode_catalogue
from edgeagent.messages.fields import UNKNOWN_AGE
from edgeagent.services.models.installation import InstallationStore
from edgeagent.testing.inside import box_context
from tests.api.running import LineClient, Running


def rate(running: Running, *ages: int) -> None:
    """Put a catalogue on the box with a title for each age."""
    titles = tuple(Title(entity_id=f"t:{age}", title=f"Of {age}", age_rating=age) for age in ages)
    with running.box.open() as agent:
        running.box.update(agent)
        home = box_context(agent).home
        store = InstallationStore(home.ledger, home.directory / "models")
        data = encode_catalogue(
            space_id=store.manifest().space_id,
            dimension=1,
            issued_at=0,
            titles=titles,
            rows=bytes(len(titles)),
            scale=bytes(4 * len(titles)),
            bias=bytes(4 * len(titles)),
        )
        rated = TargetReference(
            path="catalogue/rated", sha256=sha256_hex(data), length_bytes=len(data)
        )
        store.path(rated).parent.mkdir(parents=True, exist_ok=True)
        store.path(rated).write_bytes(data)
        store.update(current=msgspec.structs.replace(store.manifest(), catalogue=rated))


def found(manager: LineClient, **params: object) -> list[str]:
    answer = manager.result("EdgeAgent.titles", {"search": "of", **params})
    return [title["entityId"] for title in answer]


def test_titles_above_the_limit_are_not_found(running: Running) -> None:
    rate(running, 0, 12, 16, UNKNOWN_AGE)
    with running.line() as manager:
        assert found(manager) == ["t:0", "t:12", "t:16", f"t:{UNKNOWN_AGE}"]
        manager.result("EdgeAgent.createProfile", {"name": "leo", "kind": "teen"})
        manager.result("EdgeAgent.createProfile", {"name": "kim", "kind": "kid"})
        assert found(manager, profile="leo") == ["t:0", "t:12", "t:16"]
        assert found(manager, profile="kim") == ["t:0"]
        manager.result("EdgeAgent.setAgeLimit", {"name": "main", "limit": 12})
        assert found(manager) == ["t:0", "t:12"]
