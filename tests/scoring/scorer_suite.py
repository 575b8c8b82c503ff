"""What every Scorer does; each implementation inherits it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edgeagent.errors import InputError, MalformedMessage, ModelError, ModelRefused
from edgeagent.messages import (
    ModelFiles,
    PackedViewings,
    RankRequest,
    SegmentRequest,
    SplitRequest,
    TrialRequest,
    Viewing,
)
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.protocol import Scorer
from tests.scoring.toy_model import CLAIMS, toy_files, toy_golden, toy_model

NOW = 1_780_000_000
ALPHA = Viewing(entity_id="t:a", watched_on=NOW, completed=True)
WINDOW = PackedViewings.of((ALPHA,))


class ScorerSuite:
    """What every Scorer does; a subclass says how one is made."""

    @pytest.fixture
    def scorer(self) -> Iterator[Scorer]:
        scorer = self.make()
        yield scorer
        scorer.close()

    def make(self) -> Scorer:
        raise AssertionError

    def test_it_ranks_with_reasons(self, scorer: Scorer, files: ModelFiles) -> None:
        picks = scorer.rank(RankRequest(files=files, now=NOW, history=WINDOW, limit=2))
        assert [pick.entity_id for pick in picks.picks] == ["t:b", "t:f"]
        assert picks.picks[0].reasons[0].title == "Alpha"

    def test_it_answers_like_the_engine(
        self, scorer: Scorer, files: ModelFiles, engine: Engine
    ) -> None:
        request = RankRequest(files=files, now=NOW, history=WINDOW)
        assert scorer.rank(request) == engine.rank(request)

    def test_it_ranks_by_popularity_without_opening_the_model(
        self, scorer: Scorer, files: ModelFiles
    ) -> None:
        Path(files.model_path).unlink()
        picks = scorer.rank(
            RankRequest(files=files, now=NOW, history=WINDOW, limit=2, popular=True)
        )
        assert [pick.entity_id for pick in picks.picks] == ["t:f", "t:e"]
        assert picks.ranked_by == "popularity"

    def test_it_lets_a_model_guess_what_was_watched(
        self, scorer: Scorer, files: ModelFiles
    ) -> None:
        assert scorer.trial(TrialRequest(files=files, profiles=((ALPHA,),))).gains == ()

    def test_it_assigns_segments(self, scorer: Scorer, files: ModelFiles) -> None:
        unknown = Viewing(entity_id="nowhere", watched_on=NOW)
        answer = scorer.segment(SegmentRequest(files=files, sessions=((ALPHA,), (unknown,))))
        assert answer.segments == (0, None)

    def test_it_splits_without_the_model_being_run(
        self, scorer: Scorer, files: ModelFiles, tmp_path: Path
    ) -> None:
        del files
        poisoned = toy_files(tmp_path, model=toy_model(factor=float("nan")))
        earlier = msgspec.structs.replace(ALPHA, watched_on=NOW - 86_400)
        request = SplitRequest(files=poisoned, profiles=((ALPHA, earlier), (), (ALPHA,)))
        assert scorer.split(request).sessions == ((earlier,), (ALPHA,), (ALPHA,))
        with pytest.raises(ModelError, match="not a number"):
            scorer.segment(SegmentRequest(files=poisoned, sessions=((),)))

    def test_it_verifies_a_good_model(
        self, scorer: Scorer, files: ModelFiles, tmp_path: Path
    ) -> None:
        golden = toy_golden(tmp_path)
        scorer.verify(files, golden, claims=CLAIMS)
        assert scorer.segment(SegmentRequest(files=files, sessions=())).segments == ()

    def test_it_refuses_a_model_that_misses_its_golden_vectors(
        self, scorer: Scorer, tmp_path: Path
    ) -> None:
        other = toy_files(tmp_path, model=toy_model(factor=1.001))
        with pytest.raises(ModelRefused, match="golden"):
            scorer.verify(other, toy_golden(tmp_path), claims=CLAIMS)

    def test_it_refuses_a_model_that_answers_no_number(
        self, scorer: Scorer, tmp_path: Path
    ) -> None:
        other = toy_files(tmp_path, model=toy_model(factor=float("nan")))
        with pytest.raises(ModelRefused, match=r"golden case 0: .*not a number"):
            scorer.verify(other, toy_golden(tmp_path), claims=CLAIMS)

    def test_it_refuses_golden_vectors_that_are_none(
        self, scorer: Scorer, files: ModelFiles, tmp_path: Path
    ) -> None:
        (tmp_path / "golden").write_bytes(b"PK\x03\x04 nothing")
        with pytest.raises(ModelRefused):
            scorer.verify(files, str(tmp_path / "golden"), claims=CLAIMS)
        with pytest.raises(ModelRefused, match="absent: No such file"):
            scorer.verify(files, str(tmp_path / "absent"), claims=CLAIMS)

    @pytest.mark.parametrize(
        ("field", "claimed"),
        [("space_id", "f" * 16), ("head", "timescales"), ("dimension", 5), ("segments", 8)],
    )
    def test_it_refuses_a_model_that_is_not_what_its_manifest_says(
        self, scorer: Scorer, files: ModelFiles, tmp_path: Path, field: str, claimed: str | int
    ) -> None:
        claims = msgspec.structs.replace(CLAIMS, **{field: claimed})
        with pytest.raises(ModelRefused, match=f"^{field}: .*its manifest says {claimed}$"):
            scorer.verify(files, toy_golden(tmp_path), claims=claims)

    @pytest.mark.parametrize("which", ["model_path", "catalogue_path"])
    def test_it_refuses_altered_truncated_and_missing_files(
        self, scorer: Scorer, files: ModelFiles, which: str
    ) -> None:
        request = SegmentRequest(files=files, sessions=((ALPHA,),))
        path = Path(str(getattr(files, which)))
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with pytest.raises(ModelRefused, match="altered") as refused:
            scorer.segment(request)
        assert refused.value.hint
        path.write_bytes(good[:-1])
        with pytest.raises(ModelRefused, match="altered"):
            scorer.segment(request)
        path.unlink()
        with pytest.raises(ModelRefused, match="No such file"):
            scorer.segment(request)
        path.write_bytes(good)
        assert scorer.segment(request).segments == (0,)

    def test_it_refuses_a_request_out_of_range(self, scorer: Scorer, files: ModelFiles) -> None:
        with pytest.raises(MalformedMessage, match="limit"):
            scorer.rank(RankRequest(files=files, now=NOW, history=PackedViewings(), limit=0))

    def test_closed_is_closed(self, scorer: Scorer, files: ModelFiles) -> None:
        scorer.close()
        with pytest.raises(InputError, match="closed"):
            scorer.rank(RankRequest(files=files, now=NOW, history=PackedViewings()))
        scorer.close()
