from __future__ import annotations

import numpy as np
from click.testing import CliRunner

from model_export.cli import main
from model_export.segments.groups import group_segments


def clusters(seed: int, *, groups: int, each: int) -> np.ndarray:
    """Return unit vectors around orthogonal directions, in turn."""
    generator = np.random.default_rng(seed)
    rows = np.eye(16)[np.arange(groups * each) % groups]
    rows = rows + 0.05 * generator.normal(size=rows.shape)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_segments_near_each_other_are_one_group_numbered_by_their_first() -> None:
    found = group_segments(clusters(1, groups=8, each=4), groups=8)
    assert found == tuple(range(8)) * 4


def test_sensitive_segments_shape_no_group() -> None:
    rows = clusters(2, groups=4, each=4)
    rows[5] = -rows[0]  # far from everything: it would be a group of its own
    found = group_segments(rows, groups=4, left_out=(5,))
    assert found[5] == 0
    assert found[:5] + found[6:] == (tuple(range(4)) * 4)[:5] + (tuple(range(4)) * 4)[6:]


def test_fewer_segments_than_groups_are_a_group_each() -> None:
    found = group_segments(clusters(3, groups=8, each=1), groups=8, left_out=(0, 1))
    assert found == (0, 0, 0, 1, 2, 3, 4, 5)


def test_a_zone_that_there_is_not_is_refused() -> None:
    for zone in ("Europe/Berlin", "+1:00", "+14:15", "-12:15", "+01:10"):
        result = CliRunner().invoke(main, ["export", "x", "--utc-offset", zone])
        assert result.exit_code == 2
        assert "is no zone; write it as +01:00" in result.output
