"""``model-export evaluate``."""

from __future__ import annotations

import click

from model_export.cli.door import (
    Source,
    emit_json,
    json_option,
    progress_bar,
    size_options,
    source_options,
)

__all__ = ["command"]

_METRICS = {
    "ndcg_at_10": "NDCG@10",
    "hit_rate_at_10": "hit rate@10",
    "recall_at_20": "recall@20",
    "ndcg_at_100": "NDCG@100",
}


@click.command("evaluate")
@source_options
@size_options
@json_option
def command(*, source: Source, segments: int, dimension: int, as_json: bool) -> None:
    """Train on the past, rank for the future, compare with popularity.

    The past is the first four fifths of the time. Everyone with five later
    viewings is tested on the second half of them; all titles not yet watched
    are ranked.
    """
    from model_export.evaluate import (  # noqa: PLC0415  (loads numpy)
        evaluate_ranking,
        global_split,
        mean_and_se,
        paired_gain,
        popularity_scorer,
    )
    from model_export.train import train  # noqa: PLC0415
    from model_export.tuning import foldin_scorer  # noqa: PLC0415

    with progress_bar(hidden=as_json) as progress:
        progress("Reading viewings", 0.0)
        split = global_split(source.load())
        model = train(
            split.training,
            seed=source.seed,
            segments=segments,
            dimension=dimension,
            progress=progress,
        )
        progress("Ranking for everyone tested", 0.97)
        score = foldin_scorer(model.table.embeddings(), model.bias, model.settings)
        quality = evaluate_ranking(split, score)
        popular = evaluate_ranking(split, popularity_scorer(split.training))
    rows = {
        name: {
            "model": mean_and_se(getattr(quality, name)),
            "popularity": mean_and_se(getattr(popular, name)),
            "gain": paired_gain(getattr(quality, name), getattr(popular, name)),
        }
        for name in _METRICS
    }
    if as_json:
        emit_json({"protocol": "global_time_split", "users": len(split.people), **rows})
        return
    click.echo(f"{len(split.people):,} people, {len(split.training.titles):,} titles; ± is s.e.\n")
    click.echo(f"{'':12}  {'model':>13}  {'popularity':>13}  {'paired gain':>14}")
    for name, row in rows.items():
        model_part, popular_part = (f"{row[k][0]:.3f} ± {row[k][1]:.3f}" for k in _COMPARED)
        gain = f"{row['gain'][0]:+.3f} ± {row['gain'][1]:.3f}"
        click.echo(f"{_METRICS[name]:12}  {model_part:>13}  {popular_part:>13}  {gain:>14}")


_COMPARED = ("model", "popularity")
