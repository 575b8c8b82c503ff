"""``model-export train``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from edgeagent.command_group import emit_json, json_option
from edgeagent.command_output import OutputFile
from edgeagent.errors import InputError
from edgeagent.help_pages import HelpfulCommand
from model_export.cli.options import (
    Source,
    dimension_option,
    progress_bar,
    segments_option,
    source_options,
)

if TYPE_CHECKING:
    from model_export.heads.als import FactorEngine
    from model_export.heads.devices import Device
    from model_export.log import WatchLog

__all__ = ["command"]

_Head = Literal["auto", "foldin", "linear", "timescales", "blend"]
_MOST_LOCAL = 10_000_000
"""Viewings, up to which the local engine is the one to take: some 2 GB of memory."""


@click.command(
    "train",
    cls=HelpfulCommand,
    examples={
        "on an invented panel, in half a minute": "model-export train --households 500",
        "next week's model, whose segments keep their ids": (
            "model-export train --ratings ml-latest --previous model.npz"
        ),
        "a large log, on a GPU": (
            "model-export train --ratings ml-20m --head timescales --device cuda"
        ),
    },
)
@source_options
@segments_option
@dimension_option(default="that of --previous, else 128; blend: 256; linear chooses 64 to 512")
@click.option(
    "--head",
    type=click.Choice(["auto", "foldin", "linear", "timescales", "blend"]),
    default="auto",
    show_default=True,
    help="timescales and blend need PyTorch; auto compares all.",
)
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="What fits the embeddings of foldin; spark needs Java 17.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="What trains timescales and blend; auto is a GPU where PyTorch finds one.",
)
@click.option(
    "--viewings-at-once",
    type=click.IntRange(min=1),
    default=_MOST_LOCAL,
    show_default=True,
    help="Of a longer log in Parquet, timescales learns from all people, so many viewings in "
    "memory at a time, and all else is learnt from the first so many. With --engine spark a log is "
    "read whole.",
)
@click.option(
    "--previous",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Model file whose segment ids keep their meaning.",
)
@click.option(
    "--out",
    type=OutputFile(),
    default=Path("model.npz"),
    show_default=True,
    help="Model file to write.",
)
@json_option
def command(  # noqa: PLR0913  (one for each option)
    *,
    source: Source,
    segments: int,
    dimension: int | None,
    head: _Head,
    engine_name: str,
    device: Device,
    viewings_at_once: int,
    previous: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Train embeddings and segments on all viewings.

    Settings are chosen on viewings held out; then everything is used. Which head
    is best for these viewings, auto learns from the first four fifths of the
    time and judges on the rest; the head of a previous model stays unless
    another is clearly better. 'model-export evaluate' says how good
    such a model is.
    """
    from model_export.choosing import choose_head  # noqa: PLC0415  (loads numpy)
    from model_export.cli.facts import model_facts, show_model  # noqa: PLC0415  (loads numpy)
    from model_export.heads.model_file import load_model, save_model  # noqa: PLC0415
    from model_export.train import train  # noqa: PLC0415

    if engine_name == "spark":
        head = _on_spark(head)
    trained_on = _trained_on(device, head)
    before = None if previous is None else load_model(previous)
    with (
        progress_bar("Training", hidden=as_json) as progress,
        _engine(engine_name) as engine,
        source.load_at_most(
            viewings_at_once if engine_name == "local" else None,
            scratch=out.parent,
            progress=progress,
        ) as (log, more),
    ):
        _say_what_is_learnt_from(log, more, local=engine_name == "local")
        choice = None
        if head == "auto":
            choice = choose_head(
                log,
                dimension=dimension,
                seed=source.seed,
                progress=lambda what, done: progress(what, done / 2),
                previous=None if before is None else before.head,
                device=trained_on,
            )
            head = choice.head
        model = train(
            log,
            seed=source.seed,
            segments=segments,
            dimension=dimension,
            head=head,
            previous=before,
            engine=engine,
            device=trained_on,
            more=more,
            progress=lambda what, done: progress(what, (1 + done) / 2 if choice else done),
        )
    save_model(model, out)
    if as_json:
        chosen = {} if choice is None else {"choice": choice.facts()}
        had = {} if before is None else {"previous_head": before.head}
        where = {"device": trained_on} if model.head in ("timescales", "blend") else {}
        emit_json({"out": str(out), **chosen, **had, **where, **model_facts(model)})
        return
    if choice is not None:
        click.echo(choice.in_words())
    if before is not None and before.head != model.head:
        click.echo(f"the head is another than before: {model.head}, it was {before.head}")
    show_model(model)
    if model.head in ("timescales", "blend"):
        click.echo(f"trained on {'a GPU' if trained_on == 'cuda' else 'the processor'}")
    click.echo(f"\nwritten to {out}; next: model-export export {out} --out DIR")


def _trained_on(device: Device, head: _Head) -> Device:
    """Return what head ``timescales`` is trained on, before anything is read.

    Raises:
        InputError: a GPU was asked for that is not there, or for a head that has no use for it.

    """
    from model_export.heads.fit import torch_is_there, training_device  # noqa: PLC0415

    if head in ("foldin", "linear"):
        if device == "cuda":
            raise InputError(
                f"--device cuda: head {head} is fitted on the processor",
                hint="leave --device out; only timescales and blend are trained on a GPU",
            )
        return "cpu"
    return training_device(device) if device == "cuda" or torch_is_there() else "cpu"


def _say_what_is_learnt_from(log: WatchLog, more: Sequence[WatchLog], *, local: bool) -> None:
    if more:
        click.echo(
            f"note: read in {len(more) + 1} parts. Head timescales learns from all of them; "
            f"settings, segments and every other head from the first, {len(log):,} viewings of "
            f"{log.user_count:,} people. --head foldin --engine spark learns from all",
            err=True,
        )
    elif local and len(log) > _MOST_LOCAL:
        click.echo(
            f"note: {len(log):,} viewings are in memory, more than the {_MOST_LOCAL:,} that the "
            "local engine is meant for; --engine spark fits them in pieces, and a log in Parquet "
            "is read in parts",
            err=True,
        )


def _on_spark(head: _Head) -> Literal["foldin"]:
    if head in ("linear", "timescales", "blend"):
        how = "in closed form" if head == "linear" else "with PyTorch"
        raise InputError(
            f"head {head} is trained {how}, not on Spark",
            hint="choose --head foldin, or --engine local",
        )
    return "foldin"


@contextmanager
def _engine(name: str) -> Iterator[FactorEngine]:
    from model_export.heads.als import LocalEngine  # noqa: PLC0415  (loads numpy)
    from model_export.heads.als_spark import SparkEngine  # noqa: PLC0415

    if name == "local":
        yield LocalEngine()
        return
    with SparkEngine() as engine:
        yield engine
