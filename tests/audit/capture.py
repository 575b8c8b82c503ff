"""Capture: two boxes live a quarter in a network namespace, and every packet is accounted for.

Their reports are about groups of segments and times of day, and creatives are published. The second
box has agreed to promotions: it chooses, shows and hides them. The first has none of that. Twice
in the quarter something else is published: another model and other creatives, then those of before.
The boxes have watched different things, so that one may refuse a model which the other takes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgeagent.clock import WEEK_SECONDS
from edgeagent.messages.task import GroupDayparts
from edgeagent.privacy.declaration import load_declaration
from edgeagent.simulator.plan import START
from edgeagent.testing.creatives import picture_of, some_catalogue, some_creative
from model_export.publishing.artefacts import export
from model_export.synthetic import synthetic_panel
from model_export.train import train
from server_stub.distribution.creatives import PackedCreatives, publish_creatives
from server_stub.distribution.operator import Operator
from server_stub.distribution.publish import publish
from server_stub.distribution.rollback import rollback
from tests.audit.capture_box import NEXT_PUBLICATION, SILENT_WEEKS
from tests.audit.part import Effort, Result
from tests.network.hostile import certificate

SERVER, BOX = "10.77.0.1", "10.77.0.2"
BEGIN = START - WEEK_SECONDS
"""All weeks that a box from then may report on lie in one quarter, and so in one task."""
_LIFETIME_DAYS = 500
_PUBLISHED = (("c0", "c1", "c2"), ("c2", "c3", "c4"), ("c0", "c1", "c2"))
_FETCHED = 7
"""Three, then two, then two which were deleted meanwhile."""


def why_not() -> str:
    """Return why this machine cannot capture; empty when it can."""
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    if shutil.which("ip") is None:
        return "needs the command ip: apt-get install iproute2"
    try:
        with _namespaces():
            return ""
    except subprocess.CalledProcessError as error:
        return f"network namespaces cannot be made here: {error.stderr.strip()}"


def must_run() -> bool:
    """Say whether nothing excuses it: where everything is installed, root can capture."""
    return bool(os.environ.get("EDGEAGENT_CI")) and os.geteuid() == 0


def capture(effort: Effort, *, faults: tuple[str, ...] = ()) -> Result:
    """Capture two boxes of one rollout cohort; ``faults`` are planted in the second one."""
    reason = why_not()
    if reason:
        return Result(
            name="capture",
            wrong=(f"has to run here: {reason}",) if must_run() else (),
            figures={},
            summary="nothing was captured",
            skipped=reason,
        )
    with TemporaryDirectory(prefix="audit-capture-") as name:
        directory = Path(name)
        effort.say("training and publishing a small model")
        _publish(directory)
        pem = certificate(directory, SERVER)
        with _namespaces() as (server, box), _receiver(server, directory, pem) as ask:
            lives = []
            for number, planted in enumerate(((), faults)):
                effort.say(f"box {number} lives a quarter")
                accepted = _live(box, directory, pem, number=number, faults=planted)
                lives.append(ask() | {"accepted": accepted})
    return _judged(lives)


def _judged(lives: list[dict[str, Any]]) -> Result:
    wrong = [line for number, life in enumerate(lives) for line in _unaccounted(number, life)]
    gets = [[request["head"] for request in life["requests"] if _is_get(request)] for life in lives]
    if gets[0] != gets[1]:
        wrong.append("the downloads of two boxes of one cohort differ")
    for number, heads in enumerate(gets):
        fetched = sum("/targets/creatives/" in start and ".jpg" in start for start, *_ in heads)
        if fetched != _FETCHED:
            wrong.append(f"box {number} fetched {fetched} of {_FETCHED} creatives")
    posts = [request for life in lives for request in life["requests"] if not _is_get(request)]
    on_the_wire = {
        life["wire"]["connections"][str(request["port"])]["sent_bytes"]
        for life in lives
        for request in life["requests"]
        if not _is_get(request)
    }
    if len({tuple(request["head"]) for request in posts}) > 1 or len(on_the_wire) > 1:
        wrong.append(f"reports differ in head or length: {sorted(on_the_wire)} bytes on the wire")
    if [life["accepted"] for life in lives] != [1, 1] or len(posts) != len(lives):
        wrong.append(f"{len(posts)} reports left, two boxes have one each in a quarter")
    frames = sum(life["wire"]["frames"] for life in lives)
    return Result(
        name="capture",
        wrong=tuple(wrong),
        figures={
            "frames": frames,
            "arp": sum(life["wire"]["arp"] for life in lives),
            "connections": sum(len(life["wire"]["connections"]) for life in lives),
            "downloads_of_each_box": [len(heads) for heads in gets],
            "creatives_of_each_box": _FETCHED,
            "reports": len(posts),
            "report_body_bytes": sorted({request["body_bytes"] for request in posts}),
            "report_bytes_on_the_wire": sorted(on_the_wire),
        },
        summary=f"{frames:,} frames of two boxes, {len(wrong)} faults: {len(gets[0])} downloads "
        f"each, the same; {len(posts)} reports, {sorted(on_the_wire)} bytes each under TLS",
    )


def _unaccounted(number: int, life: dict[str, Any]) -> Iterator[str]:
    for strange in life["wire"]["strange"][:5]:
        yield f"box {number}: a packet nobody declared: {strange}"
    if life["wire"]["lost"]:
        yield f"box {number}: the capture lost {life['wire']['lost']} frames"
    asked = sorted(request["port"] for request in life["requests"])
    connected = sorted(int(port) for port in life["wire"]["connections"])
    if asked != connected:
        yield f"box {number}: {len(connected)} connections carried {len(asked)} requests"
    declared = [  # what varies is not among them: nothing breaks off here
        (request.method, [f"{header.name}: {header.value or SERVER}" for header in request.headers])
        for request in load_declaration().requests
        if not any(header.varies for header in request.headers)
    ]
    for request in life["requests"]:
        start, *headers = request["head"]
        if (start.split()[0], headers) not in declared:
            yield f"box {number}: {start} has headers that are not declared: {headers}"
            return


def _is_get(request: dict[str, Any]) -> bool:
    return bool(request["head"][0].startswith("GET "))


def _publish(directory: Path) -> None:
    """Make a repository for each publication."""
    log = synthetic_panel(7, households=120, weeks=20, titles=300)
    scheme = GroupDayparts(groups=(0, 1, 2, 3) * 4, utc_offset_minutes=60)
    begin = BEGIN + SILENT_WEEKS * WEEK_SECONDS
    for number, crids in enumerate(_PUBLISHED):
        place = directory / f"repository{number}"
        if number:
            shutil.copytree(directory / f"repository{number - 1}", place)
        # A moment after the one before; boxes see it whenever they are shown it.
        operator = Operator.without_passphrase(
            place, directory / "keys", now=BEGIN + number, lifetime_days=_LIFETIME_DAYS
        )
        if number == len(_PUBLISHED) - 1:
            rollback(operator)
        else:
            model = train(log, seed=7 + number, segments=16, dimension=32)
            publish(operator, export(model, log, now=begin + number, by_group=scheme))
        creatives = [some_creative(crid, starts_at=begin) for crid in crids]
        files = {each.asset.path: picture_of(each.crid) for each in creatives}
        packed = PackedCreatives(catalogue=some_catalogue(*creatives), files=files)
        publish_creatives(operator, packed)


def _show(directory: Path, number: int) -> None:
    """Let the server serve one of the publications."""
    coming = directory / "coming"
    coming.symlink_to(f"repository{number}")
    coming.replace(directory / "repository")


@contextmanager
def _namespaces() -> Iterator[tuple[str, str]]:
    """Make two namespaces on one cable; all that the box sends ends at the server's."""
    server, box = f"ea-server-{os.getpid()}", f"ea-box-{os.getpid()}"
    try:
        for name in (server, box):
            _ip("netns", "add", name)
            for which in ("all", "default"):
                quiet = f"net.ipv6.conf.{which}.disable_ipv6=1"
                _ip("netns", "exec", name, "sysctl", "-qw", quiet)
            _ip("-n", name, "link", "set", "lo", "up")
        cable = ("type", "veth", "peer", "name", "eth0", "netns", box)
        _ip("-n", server, "link", "add", "eth0", *cable)
        for name, address in ((server, SERVER), (box, BOX)):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
        _ip("-n", box, "route", "add", "default", "via", SERVER)
        yield server, box
    finally:
        for name in (server, box):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextmanager
def _receiver(namespace: str, directory: Path, pem: Path) -> Iterator[Any]:
    process = subprocess.Popen(
        [
            *("ip", "netns", "exec", namespace, sys.executable, "-m", "tests.audit.capture_server"),
            *(str(directory / "repository"), str(pem), "eth0", SERVER),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    pipe_in, pipe_out = process.stdin, process.stdout
    if pipe_in is None or pipe_out is None or pipe_out.readline() != "ready\n":
        process.kill()
        raise ChildProcessError("the receiving end did not start")

    def ask() -> dict[str, Any]:
        pipe_in.write("\n")
        pipe_in.flush()
        seen: dict[str, Any] = json.loads(pipe_out.readline())
        return seen

    try:
        yield ask
    finally:
        pipe_in.close()
        process.wait()
        pipe_out.close()


def _live(
    namespace: str, directory: Path, pem: Path, *, number: int, faults: tuple[str, ...]
) -> int:
    _show(directory, 0)
    process = subprocess.Popen(
        [
            *("ip", "netns", "exec", namespace, sys.executable, "-m", "tests.audit.capture_box"),
            *(str(directory / f"home{number}"), str(directory / "repository" / "root.json")),
            *(f"https://{SERVER}", f"box {number}", str(BEGIN)),
            *(("plain", "promoting")[number], *faults),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"SSL_CERT_FILE": str(pem)},
        text=True,
    )
    with process as box:
        if box.stdin is None or box.stdout is None:
            raise ChildProcessError("the box has no pipes")
        for publication in range(1, len(_PUBLISHED)):
            if box.stdout.readline() != f"{NEXT_PUBLICATION}\n":
                raise ChildProcessError("the box ended early")
            _show(directory, publication)
            box.stdin.write("\n")
            box.stdin.flush()
        accepted = box.stdout.readline()
    if box.returncode:
        raise ChildProcessError("the box failed")
    return int(accepted)
