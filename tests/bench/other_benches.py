"""What servers, training and the simulator cost, and how exact or good the results are."""

from __future__ import annotations

from tests.bench.bench import Bench, Ratio

__all__ = ["OTHER_BENCHES"]

OTHER_BENCHES: tuple[Bench, ...] = (
    Bench(
        name="diversity",
        seconds=120,
        only_named=True,
        ratios=(
            Ratio(
                words="NDCG@10 of a list that is spread as a box spreads it",
                beside="the same list by relevance alone",
                figures=("lists.2.ndcg_at_10", "lists.0.ndcg_at_10"),
            ),
        ),
    ),
    Bench(
        name="engines",
        seconds=80,
        runs=1,
        on_a_page=True,
        arguments=("--households", "1000"),
        shown=(
            ("viewings of 1,000 invented households", "sizes.0.viewings", ""),
            ("one fit by Spark", "sizes.0.spark_seconds", "s"),
            ("one fit by the local engine", "sizes.0.local_seconds", "s"),
            ("NDCG@100 of Spark's over the local one's", "sizes.0.over_local.spark.mean", ""),
            ("its standard error", "sizes.0.over_local.spark.se", ""),
        ),
        quick=("--households", "100"),
        only_named=True,
        ratios=(
            Ratio(
                words="one fit by Spark",
                beside="the local engine",
                figures=("sizes.0.spark_seconds", "sizes.0.local_seconds"),
            ),
        ),
    ),
    Bench(
        name="fleet",
        seconds=20,
        runs=1,  # best of five rounds of its own
        on_a_page=True,
        shown=(
            ("a million reports, drawn and summed", "processor_seconds.reports", "s"),
            ("a million boxes for a quarter, all report", "processor_seconds.fleet", "s"),
            (
                "a million boxes with the habits of real ones",
                "processor_seconds.fleet_with_habits",
                "s",
            ),
            ("memory with 10⁵ boxes, at most", "peak_mib.100000", "MiB"),
            ("memory with 10⁷ boxes, at most", "peak_mib.10000000", "MiB"),
        ),
        arguments=("--memory",),
        quick=("--rounds", "2", "--most", "10"),
        ratios=(
            Ratio(
                words="a million reports, drawn and summed",
                beside="their random numbers from numpy alone",
                figures=("processor_seconds.reports", "processor_seconds.numpy_for_reports"),
            ),
            Ratio(
                words="a million boxes for a quarter, all report",
                beside="its random numbers from numpy alone",
                figures=("processor_seconds.fleet", "processor_seconds.numpy_for_fleet"),
            ),
        ),
    ),
    Bench(
        name="guides",
        seconds=60,
        runs=1,
        on_a_page=True,
        shown=(
            (
                "processor time of a programme in a guide of 150,000",
                "2000_titles.check.most.microseconds_each",
                "µs",
            ),
            (
                "memory of 135,000 programmes more of 2,000 titles",
                "2000_titles.check.more_mib",
                "MiB",
            ),
            (
                "memory of 135,000 programmes more, each of a title of its own",
                "all_different.check.more_mib",
                "MiB",
            ),
        ),
        arguments=("--sizes", "15000", "150000", "--readers", "parser", "check"),
        quick=("--sizes", "500", "1000", "--titles", "2000", "--readers", "parser", "check"),
        ratios=(
            Ratio(
                words="a guide of 150,000 programmes, checked",
                beside="its XML parsed and dropped",
                figures=("2000_titles.check.most.seconds", "2000_titles.parser.most.seconds"),
            ),
            Ratio(
                words="processor time of a programme in a guide of 150,000",
                beside="one in a guide of 15,000",
                figures=(
                    "2000_titles.check.most.microseconds_each",
                    "2000_titles.check.least.microseconds_each",
                ),
            ),
        ),
    ),
    Bench(
        name="ingest",
        seconds=30,
        runs=1,  # medians of five rounds of its own
        on_a_page=True,
        shown=(
            ("durable reports", "server.per_second", "a second"),
            ("processor time of a durable report", "server.cpu_us", "µs"),
            ("half of them are answered within", "server.p50_ms", "ms"),
            ("99 of 100 are answered within", "server.p99_ms", "ms"),
            ("Starlette alone, 99 of 100 within", "starlette.p99_ms", "ms"),
            ("rows inserted by sqlite3 alone", "sqlite.per_second", "a second"),
        ),
        quick=("--reports", "200", "--rounds", "1"),
        ratios=(
            Ratio(
                words="processor time of a durable report",
                beside="a Starlette that stores nothing",
                figures=("server.cpu_us", "starlette.cpu_us"),
            ),
            Ratio(
                words="durable reports",
                beside="the rate of that Starlette",
                figures=("server.per_second", "starlette.per_second"),
            ),
        ),
    ),
    Bench(
        name="outage",
        seconds=30,
        runs=1,  # nothing here is compared with another run
        on_a_page=True,
        shown=(
            ("processor time of a request, none a report", "invalid.3.cpu_us", "µs"),
            ("boxes that waited while the server was down", "outage.waiting", ""),
            ("from its start to its first answer", "outage.start_seconds", "s"),
            ("until all of them had sent", "outage.drained_seconds", "s"),
            ("reports lost or stored twice", "outage.lost", ""),
            ("reports refused by a full disk", "full_disk.refused_by_507", ""),
            ("reports there once it had grown, of 20,000", "full_disk.there_after_it_grew", ""),
        ),
        quick=("--reports", "400"),
        ratios=(
            Ratio(
                words="processor time of a request, none a report",
                beside="one of those that are all reports",
                figures=("invalid.3.cpu_us", "invalid.0.cpu_us"),
            ),
        ),
    ),
    Bench(
        name="privacy",
        seconds=150,
        runs=1,
        quick=("--part", "0.1"),
        ratios=(
            Ratio(
                words="error of Subset Selection, 33 categories, e^ε = 3",
                beside="theory",
                figures=("cases.subset_selection 33 3.rmse", "cases.subset_selection 33 3.theory"),
            ),
        ),
    ),
    Bench(
        name="quality",
        seconds=2400,
        runs=1,  # the same seed makes the same rows
        only_named=True,
        arguments=(
            *("--protocols", "global", "--again"),
            *("--rows", "build/quality-bench", "--out", "build/quality-bench.json"),
        ),
        quick=(
            *("--households", "40", "--dimension", "8", "--protocols", "global", "--again"),
            *("--models", "linear-8,foldin-8"),
            *("--rows", "build/quality-quick", "--out", "build/quality-quick.json"),
        ),
        shown=tuple(
            (f"NDCG@100 on the invented panel, split in time: `{head}`", f"panel.global.{head}", "")
            for head in ("linear", "foldin", "timescales", "blend")
        ),
        ratios=(
            Ratio(
                words="NDCG@100 on the invented panel, split in time: `linear`",
                beside="EASE",
                figures=("panel.global.linear", "panel.global.ease"),
            ),
            Ratio(
                words="NDCG@100 on the invented panel, split in time: `foldin`",
                beside="EASE",
                figures=("panel.global.foldin", "panel.global.ease"),
            ),
        ),
    ),
    Bench(
        name="refit",
        seconds=900,
        runs=1,
        quick=("--households", "80", "--seeds", "0", "--before", "0.8"),
        only_named=True,
        ratios=(
            Ratio(
                words="likeness of sessions within a segment after a refit",
                beside="before it",
                figures=("trainings.0.session_cosine", "trainings.0.session_cosine_before"),
            ),
        ),
    ),
    Bench(
        name="sums",
        seconds=120,
        runs=1,
        on_a_page=True,
        shown=(
            ("DuckDB, processor time", "sizes.0.duckdb.processor_seconds", "s"),
            ("DuckDB, memory", "sizes.0.duckdb.largest_mib", "MiB"),
            ("Spark, processor time", "sizes.0.spark.processor_seconds", "s"),
            ("Spark, memory", "sizes.0.spark.largest_mib", "MiB"),
        ),
        arguments=("--reports", "1000000"),
        quick=("--reports", "20000"),
        only_named=True,
        ratios=(
            Ratio(
                words="DuckDB, processor time",
                beside="bare sums, which count repeats twice",
                figures=(
                    "sizes.0.duckdb.processor_seconds",
                    "sizes.0.bare.processor_seconds",
                ),
            ),
        ),
    ),
)
