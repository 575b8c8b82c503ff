"""Messages between processes: strict decoders with size limits, and canonical encoding.

Pure, without numpy, and shared by the box, the server and the exporter.
"""

from __future__ import annotations

from edgeagent.messages.catalogue import Catalogue, Title, decode_catalogue, encode_catalogue
from edgeagent.messages.codec import Message, canonical_bytes, checked, decode, sha256_hex
from edgeagent.messages.failure import Failure
from edgeagent.messages.manifest import (
    ModelClaims,
    ModelManifest,
    SegmentLabel,
    TargetReference,
    decode_manifest,
)
from edgeagent.messages.packed_titles import PackedTitles
from edgeagent.messages.packed_viewings import PackedViewings
from edgeagent.messages.report import REPORT_BYTES, Report, decode_report, encode_report
from edgeagent.messages.scoring import (
    ModelFiles,
    Pick,
    Picks,
    RankRequest,
    Reason,
    SegmentAnswer,
    SegmentCause,
    SegmentRequest,
    SplitAnswer,
    SplitRequest,
    TrialAnswer,
    TrialRequest,
)
from edgeagent.messages.task import ReportTask, Segmenter, decode_task
from edgeagent.messages.viewing import Viewing
from edgeagent.messages.watch import WatchEvent, decode_watch_event

__all__ = [
    "REPORT_BYTES",
    "Catalogue",
    "Failure",
    "Message",
    "ModelClaims",
    "ModelFiles",
    "ModelManifest",
    "PackedTitles",
    "PackedViewings",
    "Pick",
    "Picks",
    "RankRequest",
    "Reason",
    "Report",
    "ReportTask",
    "SegmentAnswer",
    "SegmentCause",
    "SegmentLabel",
    "SegmentRequest",
    "Segmenter",
    "SplitAnswer",
    "SplitRequest",
    "TargetReference",
    "Title",
    "TrialAnswer",
    "TrialRequest",
    "Viewing",
    "WatchEvent",
    "canonical_bytes",
    "checked",
    "decode",
    "decode_catalogue",
    "decode_manifest",
    "decode_report",
    "decode_task",
    "decode_watch_event",
    "encode_catalogue",
    "encode_report",
    "sha256_hex",
]
