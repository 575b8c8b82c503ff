from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

import edgeagent
from edgeagent.errors import EdgeAgentError, InputError, ModelError, ModelRefused
from edgeagent.messages import ModelFiles, PackedViewings, RankRequest, SegmentRequest
from edgeagent.scoring.engine import Engine
from edgeagent.scoring.loading import load_engine
from edgeagent.scoring.protocol import Scorer
from edgeagent.scoring.remote import ChildScorer
from edgeagent.scoring.resident import ResidentScorer
from tests.scoring.scorer_suite import ALPHA, NOW, ScorerSuite
from tests.scoring.toy_model import CLAIMS, toy_files, toy_model


class TestResidentScorer(ScorerSuite):
    def make(self) -> Scorer:
        return ResidentScorer()


class TestChildScorer(ScorerSuite):
    def make(self) -> Scorer:
        return ChildScorer()


def test_engines_are_kept_the_last_used_ones(tmp_path: Path) -> None:
    loaded: list[str] = []

    def load(files: ModelFiles, *, popular: bool = False) -> Engine:
        loaded.append(files.model_sha256)
        return load_engine(files, popular=popular)

    scorer = ResidentScorer(keep=2, load=load)
    a, b, c = (toy_files(tmp_path, model=toy_model(factor=1.0 + n)) for n in range(3))
    for files in (a, b, a, c, a, b):
        scorer.segment(SegmentRequest(files=files, sessions=()))
    assert loaded == [files.model_sha256 for files in (a, b, c, b)]


def test_files_beyond_the_cap_and_catalogues_that_are_none_are_refused(tmp_path: Path) -> None:
    good = toy_files(tmp_path)
    large = tmp_path / "large"
    large.write_bytes(bytes(5 << 20))
    with pytest.raises(ModelRefused, match="more than 4194304 bytes"):
        load_engine(
            ModelFiles(
                model_path=str(large),
                model_sha256=good.model_sha256,
                catalogue_path=good.catalogue_path,
                catalogue_sha256=good.catalogue_sha256,
            )
        )
    with pytest.raises(ModelRefused, match="EACATAL1"):
        load_engine(
            ModelFiles(
                model_path=good.model_path,
                model_sha256=good.model_sha256,
                catalogue_path=good.model_path,
                catalogue_sha256=good.model_sha256,
            )
        )


def _python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.fixture
def child_of() -> Iterator[Callable[[tuple[str, ...]], ChildScorer]]:
    made: list[ChildScorer] = []

    def make(command: tuple[str, ...]) -> ChildScorer:
        made.append(ChildScorer(command=command, timeout_seconds=30.0))
        return made[-1]

    yield make
    for scorer in made:
        scorer.close()


_READ = "import sys,os; n=int.from_bytes(os.read(0,4),'big'); os.read(0,n);"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "has ended"),
        (_READ + "os.kill(os.getpid(), 9)", "has ended"),
        (_READ + "print('Segmentation fault', flush=True); sys.stdin.read()", "a frame of"),
        (_READ + "os.write(1, b'\\0\\0\\0\\1x'); os.read(0, 1)", "malformed"),
        (_READ + "os.write(1, b'\\0\\0\\0\\x09{}'); os.close(1); os.read(0, 1)", "has ended"),
    ],
)
def test_a_child_that_dies_or_babbles_twice_is_a_model_error(
    child_of: Callable[[tuple[str, ...]], ChildScorer], files: ModelFiles, code: str, reason: str
) -> None:
    with pytest.raises(ModelError, match=f"failed twice over one request: .*{reason}") as failed:
        child_of(_python(code)).rank(RankRequest(files=files, now=NOW, history=PackedViewings()))
    assert failed.value.hint


def test_a_child_that_stands_still_is_ended(files: ModelFiles) -> None:
    scorer = ChildScorer(command=_python("import signal; signal.pause()"), timeout_seconds=0.05)
    with pytest.raises(ModelError, match="says nothing"):
        scorer.rank(RankRequest(files=files, now=NOW, history=PackedViewings()))
    scorer.close()


def test_a_child_that_does_not_read_is_ended(files: ModelFiles) -> None:
    scorer = ChildScorer(command=_python("import signal; signal.pause()"), timeout_seconds=0.05)
    beyond_the_pipe = ((ALPHA,),) * 5000
    with pytest.raises(ModelError, match="does not read"):
        scorer.segment(SegmentRequest(files=files, sessions=beyond_the_pipe))
    scorer.close()


def test_what_a_library_prints_is_not_an_answer(
    child_of: Callable[[tuple[str, ...]], ChildScorer], files: ModelFiles
) -> None:
    code = (
        "import os,sys,runpy; from edgeagent.scoring.resident import ResidentScorer as R\n"
        "quiet = R.segment\n"
        "R.segment = lambda self, request: (os.write(1, b'noise'), quiet(self, request))[1]\n"
        "sys.argv=['child','30']; runpy.run_module('edgeagent.scoring.child',run_name='__main__')"
    )
    request = SegmentRequest(files=files, sessions=((ALPHA,),))
    assert child_of(_python(code)).segment(request).segments == (0,)


def test_a_child_that_dies_once_is_replaced(
    child_of: Callable[[tuple[str, ...]], ChildScorer], files: ModelFiles, tmp_path: Path
) -> None:
    mark = tmp_path / "died"
    code = (
        f"import os,sys,runpy; mark={str(mark)!r}\n"
        "if not os.path.exists(mark): open(mark,'w').close(); os._exit(9)\n"
        "sys.argv=['child','30']; runpy.run_module('edgeagent.scoring.child',run_name='__main__')"
    )
    answer = child_of(_python(code)).segment(SegmentRequest(files=files, sessions=((ALPHA,),)))
    assert answer.segments == (0,)
    assert mark.exists()


def test_a_child_gone_idle_does_not_count_as_a_failure(
    child_of: Callable[[tuple[str, ...]], ChildScorer], files: ModelFiles, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    starts.mkdir()
    code = (
        f"import os,sys,runpy; starts={str(starts)!r}; n=len(os.listdir(starts))\n"
        "open(f'{starts}/{n}','w').close()\n"
        "if n == 1: os._exit(9)\n"
        "sys.argv=['child','0']; runpy.run_module('edgeagent.scoring.child',run_name='__main__')"
    )
    scorer = child_of(_python(code))
    request = SegmentRequest(files=files, sessions=((ALPHA,),))
    assert scorer.segment(request).segments == (0,)
    assert scorer._child is not None
    scorer._child.wait(60)
    assert scorer.segment(request).segments == (0,)
    assert len(list(starts.iterdir())) == 3


@pytest.mark.parametrize("answer", [{}, {"segments": {"segments": [], "started_on": []}}])
def test_an_answer_to_another_question_is_no_answer(
    child_of: Callable[[tuple[str, ...]], ChildScorer], files: ModelFiles, answer: object
) -> None:
    body = msgspec.msgpack.encode(answer)
    frame = len(body).to_bytes(4, "big") + body
    scorer = child_of(_python(f"{_READ} os.write(1, {frame!r}); os.read(0, 1)"))
    with pytest.raises(ModelError, match="another request"):
        scorer.rank(RankRequest(files=files, now=NOW, history=PackedViewings()))
    scorer.close()
    scorer = child_of(_python(f"{_READ} os.write(1, {frame!r}); os.read(0, 1)"))
    with pytest.raises(ModelError, match="another request"):
        scorer.verify(files, "golden", claims=CLAIMS)


def test_segments_are_not_taken_from_another_answer(
    child_of: Callable[[tuple[str, ...]], ChildScorer], files: ModelFiles
) -> None:
    body = msgspec.msgpack.encode({"verified": True})
    frame = len(body).to_bytes(4, "big") + body
    scorer = child_of(_python(f"{_READ} os.write(1, {frame!r}); os.read(0, 1)"))
    with pytest.raises(ModelError, match="another request"):
        scorer.segment(SegmentRequest(files=files, sessions=()))


def test_a_child_that_cannot_be_started_is_a_model_error(
    child_of: Callable[[tuple[str, ...]], ChildScorer], files: ModelFiles, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="does not start: No such file"):
        child_of((str(tmp_path / "python"),)).rank(
            RankRequest(files=files, now=NOW, history=PackedViewings())
        )


def test_an_idle_child_is_gone_and_the_next_request_starts_another(files: ModelFiles) -> None:
    scorer = ChildScorer(idle_seconds=0.0)
    request = SegmentRequest(files=files, sessions=((ALPHA,),))
    assert scorer.segment(request).segments == (0,)
    first = scorer._child
    assert first is not None
    assert first.wait(60) == 0
    assert scorer.segment(request).segments == (0,)
    assert scorer._child is not None
    assert scorer._child.pid != first.pid
    scorer.close()


def test_closing_ends_the_child_by_closing_its_input(files: ModelFiles) -> None:
    scorer = ChildScorer()
    scorer.segment(SegmentRequest(files=files, sessions=()))
    child = scorer._child
    assert child is not None
    scorer.close()
    assert child.returncode == 0


def test_closing_ends_a_child_that_is_at_work(files: ModelFiles, tmp_path: Path) -> None:
    at_work = tmp_path / "at work"
    os.mkfifo(at_work)
    code = f"{_READ} import signal; open({str(at_work)!r}, 'wb').close(); signal.pause()"
    scorer = ChildScorer(command=_python(code), timeout_seconds=20.0)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            scorer.segment(SegmentRequest(files=files, sessions=()))
        except EdgeAgentError as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    at_work.open("rb").close()  # waits until the child has opened it, too
    scorer.close()
    asking.join()
    assert [(type(error), str(error)) for error in errors] == [(InputError, "the scorer is closed")]


def test_ctrl_c_does_not_reach_the_child(files: ModelFiles) -> None:
    scorer = ChildScorer()
    request = SegmentRequest(files=files, sessions=((ALPHA,),))
    scorer.segment(request)
    child = scorer._child
    assert child is not None
    assert os.getsid(child.pid) == child.pid
    child.send_signal(signal.SIGINT)
    assert scorer.segment(request).segments == (0,)
    assert scorer._child is child
    scorer.close()


def test_an_answer_nobody_waited_for_does_not_meet_the_next_question(
    child_of: Callable[[tuple[str, ...]], ChildScorer], files: ModelFiles
) -> None:
    scorer = child_of(_python(f"{_READ} os.kill(os.getppid(), 2); os.read(0, 1)"))

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            scorer.segment(SegmentRequest(files=files, sessions=()))
    finally:
        signal.signal(signal.SIGINT, before)
    assert scorer._child is None


def test_the_child_inherits_no_secret_and_no_import_path_from_where_it_stands(
    child_of: Callable[[tuple[str, ...]], ChildScorer],
    files: ModelFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = tmp_path / "environment"
    monkeypatch.setenv("EDGEAGENT_KEY", "secret")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/lib")
    code = f"import os; open({str(seen)!r},'wb').write(b'\\0'.join(os.environb))"
    with pytest.raises(ModelError):
        child_of(_python(code)).segment(SegmentRequest(files=files, sessions=()))
    names = set(seen.read_bytes().split(b"\0")) - {b"LC_CTYPE"}
    assert names == {
        b"LD_LIBRARY_PATH",
        b"MALLOC_MMAP_THRESHOLD_",
        b"MALLOC_TRIM_THRESHOLD_",
        b"OPENBLAS_NUM_THREADS",
        b"PYTHONDONTWRITEBYTECODE",
        b"PYTHONPATH",
        b"PYTHONUTF8",
    }
    monkeypatch.delenv("LD_LIBRARY_PATH")
    with pytest.raises(ModelError):
        child_of(_python(code)).segment(SegmentRequest(files=files, sessions=()))
    assert b"LD_LIBRARY_PATH" not in seen.read_bytes()


def test_a_module_beside_the_working_directory_is_not_imported(
    files: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    scorer = ChildScorer()
    assert scorer.segment(SegmentRequest(files=files, sessions=())).segments == ()
    scorer.close()


def test_asking_a_child_loads_neither_numpy_nor_onnxruntime() -> None:
    code = (
        "import sys, edgeagent.scoring.protocol, edgeagent.scoring.remote,"
        "edgeagent.segments.categories; print([m for m in ('numpy','onnxruntime') "
        "if m in sys.modules])"
    )
    root = Path(edgeagent.__file__).resolve().parent.parent
    loaded = subprocess.run(
        _python(code), check=True, capture_output=True, text=True, env={"PYTHONPATH": str(root)}
    )
    assert loaded.stdout.strip() == "[]"
