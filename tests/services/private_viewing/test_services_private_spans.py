from __future__ import annotations

from edgeagent.services.private_viewing.private_spans import Span, Spans


def span(began: float, ends: float) -> Span:
    return Span(began=began, ends=ends, offsets=(1000.0,))


def test_sessions_without_number_take_no_room_and_none_of_them_is_lost() -> None:
    spans = Spans(boot_id="b")
    for number in range(1000):
        spans = spans.started(span(10.0 * number, 10.0 * number + 3))
    assert len(spans.spans) == 256
    for number in range(1000):
        assert spans.covers(1000 + 10 * number + 1, ())


def test_a_clock_that_is_set_without_end_takes_no_room_either() -> None:
    spans = Spans(boot_id="b", spans=(span(0.0, 100.0),))
    for leap in range(200):
        spans = spans.seen(1.0, (5000.0 * leap,))
    (one,) = spans.spans
    assert len(one.offsets) == 64


def test_clocks_are_noted_at_the_present_session_only_and_once() -> None:
    spans = Spans(boot_id="b", spans=(span(0.0, 10.0), span(20.0, 30.0)))
    seen = spans.seen(25.0, (1000.4, 5000.0))
    assert [one.offsets for one in seen.spans] == [(1000.0,), (1000.0, 5000.0)]
    assert seen.seen(25.0, (5000.9,)) == seen


def test_the_present_session_is_replaced_when_it_begins_anew() -> None:
    spans = Spans(boot_id="b").started(span(0.0, 100.0)).started(span(50.0, 60.0))
    assert spans.ends_in(55.0) == 5.0
    assert spans.ends_in(60.0) is None
    assert spans.stopped(55.0).ends_in(55.0) is None
