"""What a segment is called, in the viewer's language.

A label holds what its English name says as fields, too: films or series, genres, an era, and where
those are not telling enough a theme or titles. They are put together with the catalogue's words; a
segment that is told of otherwise is shown by its name, marked as English.
"""

from __future__ import annotations

from edgeagent.dashboard.texts import Said, Texts
from edgeagent.messages import SegmentLabel
from edgeagent.messages.manifest import BEFORE_1970

__all__ = ["segment_name"]


def segment_name(label: SegmentLabel, texts: Texts) -> Said:
    """Return a segment's name as ``texts`` say it.

    >>> from edgeagent.dashboard.texts import load_texts
    >>> crime = SegmentLabel(name="Crime films", sensitive=False, iab=(), kind="films", era=1990)
    >>> segment_name(crime, load_texts("de")).text
    'Filme der 1990er-Jahre'
    """
    spoken = _genres(label, texts)
    if spoken is None:
        return texts.said(label.name)
    spoken = spoken[0].upper() + spoken[1:]
    if label.era == BEFORE_1970:
        spoken = texts("segment.before_1970", base=spoken)
    elif label.era is not None:
        spoken = texts("segment.decade", base=spoken, decade=label.era)
    if label.theme is not None:
        spoken = texts("segment.theme", base=spoken, theme=label.theme)
    if label.titles:
        quoted = [texts("segment.quote", title=title) for title in label.titles]
        spoken = texts("segment.like", base=spoken, titles=texts("segment.and").join(quoted))
    if label.number > 1:
        spoken = texts("segment.numbered", base=spoken, number=label.number)
    return Said(text=spoken, language=texts.language)


def _genres(label: SegmentLabel, texts: Texts) -> str | None:
    """Return "kind noun", or None when a word of it is not in the catalogue."""
    noun = ".".join(("segment", str(label.kind), *label.genres[:1])).lower()
    kinds = [f"segment.kind.{genre.lower()}" for genre in label.genres[1:]]
    if any(key not in texts for key in (noun, *kinds)):
        return None
    spoken = texts(noun)
    for kind in kinds:
        spoken = texts(kind, noun=spoken)
    return spoken
