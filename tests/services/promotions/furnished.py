"""A box with creatives, a model and picks."""

from __future__ import annotations

from edgeagent.consent import Purpose
from edgeagent.messages import ModelManifest, Pick, Picks, Reason, TargetReference
from edgeagent.messages.creatives import CapRule, Creative, FrequencyCaps, Suits
from edgeagent.services.models.installation import InstallationStore
from edgeagent.testing.creatives import (
    install_creatives,
    some_catalogue,
    some_creative,
    some_labels,
)
from tests.services.conftest import Box

SEGMENTS = 16
SPACE = "0" * 16
LIKED, OTHER = (0, 1), (2, 3)
BOTH = (Purpose.PERSONALIZATION, Purpose.PROMOTION)


def mix(*segments: int) -> tuple[float, ...]:
    """Return a taste that lies in these segments only."""
    return tuple(1 / len(segments) if n in segments else 0.0 for n in range(SEGMENTS))


def some_creatives(box: Box, **fields: object) -> tuple[Creative, ...]:
    """Return two that suit different tastes, one for everybody, and a promo."""
    start = box.clock.now()
    return (
        some_creative("liked", starts_at=start, suits=Suits(segments=LIKED), **fields),
        some_creative(
            "other", starts_at=start, advertiser="rival", suits=Suits(segments=OTHER), **fields
        ),
        some_creative("plain", starts_at=start, advertiser="third", cat="cars", **fields),
        some_creative("house", starts_at=start, advertiser="house", kind="promo", **fields),
    )


def publish(box: Box, *creatives: Creative, cap_rules: tuple[CapRule, ...] = ()) -> None:
    """Put creatives on a box, and a model whose segments they name."""
    install_creatives(box.agent, some_catalogue(*creatives, cap_rules=cap_rules, space_id=SPACE))
    reference = TargetReference(path="models/a.onnx", sha256="0" * 64, length_bytes=1)
    manifest = ModelManifest(
        head="foldin",
        space_id=SPACE,
        model_version="1",
        trained_at=0,
        dimension=1,
        segments=some_labels(SEGMENTS),
        model=reference,
        golden=reference,
        catalogue=TargetReference(path="catalogue/a.x", sha256="0" * 64, length_bytes=1),
    )
    InstallationStore(box.agent._home.ledger, box.directory / "models").update(current=manifest)


def see_taste(box: Box, *segments: int, profile: str = "main") -> None:
    """Let the box have ranked for a profile, whose taste lies in these segments."""
    reason = Reason(
        kind="watched", entity_id="t:1", title="Alien", contribution=1.0, share_fraction=1.0
    )
    pick = Pick(
        entity_id="t:2",
        title="Aliens",
        kind="film",
        year=None,
        genres=(),
        score=1.0,
        reasons=(reason,),
    )
    picks = Picks(picks=(pick,), segment_probabilities=mix(*segments), score_spread=1.0)
    grant = box.agent.gate.grant(Purpose.PERSONALIZATION, profile=profile)
    box.agent._home.history.save_picks(picks, grant, made_at=box.clock.now())


def chosen(
    box: Box, number: int = 1, *, profile: str = "main", app: str | None = None
) -> tuple[str, ...]:
    """Return what a placement would hold now."""
    answer = box.agent.promotions.choose("home", number=number, profile=profile, app=app)
    return tuple(item.creative.crid for item in answer)


def over_time(box: Box, periods: int = 60, *, app: str | None = None) -> list[tuple[str, ...]]:
    """Return the answers of several periods, six hours each."""
    answers = []
    for _ in range(periods):
        answers.append(chosen(box, 2, app=app))
        box.clock.advance(6 * 3600)
    return answers


def daily(cap: int) -> FrequencyCaps:
    """Return a cap by the day."""
    return FrequencyCaps(per_day=cap)
