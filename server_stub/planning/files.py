"""Read the files that planners hand over."""

from __future__ import annotations

from pathlib import Path

from edgeagent.errors import InputError
from edgeagent.messages import ReportTask
from edgeagent.messages.portrait import PORTRAIT_CAP_BYTES, PanelPortrait, decode_portrait
from edgeagent.regular_file import read_regular

__all__ = ["load_portrait"]

_MAKE_IT = "make it with 'model-export portray'"


def load_portrait(path: Path, task: ReportTask) -> PanelPortrait:
    """Read the portrait of the segments that a task counts.

    Raises:
        InputError: it cannot be read, or is of another model.

    """
    try:
        portrait = decode_portrait(read_regular(path, cap_bytes=PORTRAIT_CAP_BYTES))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint="check the path") from error
    except InputError as error:
        raise InputError(f"{path}: {error}", hint=_MAKE_IT) from error
    if portrait.space_id != task.segmenter.space_id:
        raise InputError(
            f"{path}: space_id {portrait.space_id}, the segments of {task.name} are of "
            f"{task.segmenter.space_id}",
            hint=f"{_MAKE_IT} from the model that was published with this task",
        )
    if len(portrait.segments) != task.segments:
        raise InputError(
            f"{path}: {len(portrait.segments)} segments, {task.name} counts {task.segments}",
            hint=_MAKE_IT,
        )
    return portrait
