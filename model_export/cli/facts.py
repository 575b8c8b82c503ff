"""A trained model in words and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import click
import msgspec

from edgeagent.messages.manifest import LiftedWord
from model_export.evaluation.ranking import mean_and_se
from model_export.heads.blend import BlendSettings
from model_export.heads.foldin import FoldinSettings
from model_export.heads.linear import LinearSettings
from model_export.heads.trained_model import HeadSettings, TrainedModel, head_of
from model_export.segments.naming import UNKNOWN_SHARE

__all__ = ["model_facts", "show_lifted", "show_model"]


def model_facts(model: TrainedModel) -> dict[str, object]:
    """Return what there is to know about a model, for JSON."""
    quality = model.validation
    return {
        "space_id": model.table.space_id,
        "titles": len(model.titles),
        "dimension": len(model.table.rows),
        "head": model.head,
        "settings": _settings(model.settings),
        "validation_ndcg_at_10": None if quality is None else mean_and_se(quality.ndcg_at_10),
        "session_cosine": model.session_cosine,
        "kept_fraction": model.kept_fraction,
        "lifted_words": msgspec.to_builtins(model.lifted_words),
        "segments": [
            {
                "name": label.name,
                "session_share": share,
                "sensitive": label.sensitive,
                "unknown_share": unknown,
                "iab": label.iab,
            }
            for label, share, unknown in zip(
                model.labels,
                model.session_share.tolist(),
                model.unknown_share.tolist(),
                strict=True,
            )
        ],
    }


def show_model(model: TrainedModel) -> None:
    """Print a model for people."""
    click.echo(
        f"space {model.table.space_id}: {len(model.titles):,} titles, {len(model.table.rows)} "
        f"dimensions\nhead {model.head}: {_in_words(model.settings)}"
    )
    if model.validation is not None:
        mean, error = mean_and_se(model.validation.ndcg_at_10)
        click.echo(f"NDCG@10 {mean:.3f} ± {error:.3f} (s.e.) on the people it was tuned on")
    click.echo(f"a session's cosine with its segment is {model.session_cosine:.2f} on average")
    if model.kept_fraction is not None:
        click.echo(
            f"{model.kept_fraction:.1%} of the sessions the previous model knew kept their segment"
        )
    click.echo()
    click.echo("id  sessions  segment")
    for number, (label, share) in enumerate(zip(model.labels, model.session_share, strict=True)):
        notes = [f"IAB {', '.join(label.iab)}"] if label.iab else []
        notes += ["stays on the device"] if label.sensitive else []
        unknown = model.unknown_share[number]
        notes += [f"{unknown:.0%} of unknown topic"] if unknown >= UNKNOWN_SHARE else []
        extra = f"  ({'; '.join(notes)})" if notes else ""
        click.echo(f"{number:2}  {share:8.1%}  {label.name}{extra}")
    _show_unknown(model)
    show_lifted(model.lifted_words)


def show_lifted(words: Iterable[LiftedWord]) -> None:
    """Say which words are lifted, one a line."""
    for each in words:
        click.echo(
            f"{each.word!r} is known to tell of {', '.join(each.topics)}, and mapped to what does "
            "not: its segments may be reported, and the manifest lists the word"
        )


def _show_unknown(model: TrainedModel) -> None:
    """Say how many segments stay because of what is not known, and what to do."""
    staying = int((model.unknown_share >= UNKNOWN_SHARE).sum())
    if staying:
        click.echo(
            f"\n{staying} of {len(model.labels)} segments stay on the device because titles of "
            f"unknown topic carry {UNKNOWN_SHARE:.0%} of their viewings or more.\n'model-export "
            "genres' lists the words; say what they mean in a CSV (word,genre,topics) and train "
            "again with --genres"
        )


def _settings(settings: HeadSettings) -> dict[str, object]:
    if isinstance(settings, FoldinSettings | LinearSettings):
        return asdict(settings)
    if isinstance(settings, BlendSettings):
        return {
            "timescales": _settings(settings.timescales),
            "linear": _settings(settings.linear),
            "gate": settings.gate,
        }
    return {
        "per_viewing": settings.per_viewing.tolist(),
        "per_day": settings.per_day.tolist(),
        "hidden": len(settings.offset),
    }


def _in_words(settings: HeadSettings) -> str:
    if isinstance(settings, FoldinSettings):
        return (
            f"α {settings.alpha:.3g}, λ {settings.regularization:.3g}, viewings fade over "
            f"{settings.decay_days:g} days to {settings.floor:.0%}"
        )
    if isinstance(settings, LinearSettings):
        return (
            f"λ {settings.regularization:.3g}, δ {settings.dropout_ratio:.3g}, viewings fade over "
            f"{settings.decay_days:g} days to {settings.floor:.0%}"
        )
    if isinstance(settings, BlendSettings):
        halves = (settings.timescales, settings.linear)
        parts = [f"{head_of(half)}: {_in_words(half)}" for half in halves]
        return f"gate {settings.gate:.3g}; {'; '.join(parts)}"
    viewings = ", ".join(f"{1 / rate:.2g}" for rate in settings.per_viewing)
    days = ", ".join(f"{1 / rate:.2g}" for rate in settings.per_day)
    return f"viewings fade over {viewings} later ones and over {days} days"
