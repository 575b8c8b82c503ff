"""Groups of segments, for reports that tell a part of the day beside them.

Segments that are near each other are counted together: Ward's hierarchical clustering (Ward 1963,
"Hierarchical grouping to optimize an objective function", JASA 58) of the centroids, cut at the
number of groups. Ward's criterion makes groups of like size; average linkage made one of most
segments and left the others alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["group_segments"]


def group_segments(
    centroids: NDArray[np.float64], *, groups: int, left_out: Sequence[int] = ()
) -> tuple[int, ...]:
    """Return the group of each segment, numbered in the order of their first segments.

    Args:
        centroids: [S, D] unit vectors.
        groups: how many groups at most; fewer where there are fewer segments to group.
        left_out: sensitive segments, which are in no category and shape no group; they get 0.

    """
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415  (heavy)

    counted = [segment for segment in range(len(centroids)) if segment not in set(left_out)]
    if len(counted) <= groups:
        cut = list(range(len(counted)))
    else:
        cut = fcluster(linkage(centroids[counted], "ward"), groups, "maxclust").tolist()
    number: dict[int, int] = {}
    found = dict.fromkeys(range(len(centroids)), 0)
    for segment, cluster in zip(counted, cut, strict=True):
        found[segment] = number.setdefault(cluster, len(number))
    return tuple(found.values())
