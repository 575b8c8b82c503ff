"""The annex to a data protection impact assessment, as Markdown: facts of the box, in sentences.

The order is that of Article 35(7) GDPR: the processing, its limits, the risks and the measures.
What only the operator knows stands at the end, as questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgeagent.messages.fields import MAX_RETENTION_DAYS
from edgeagent.privacy.declaration import DeclaredRequest
from edgeagent.services.reports.impact_facts import Bound, ImpactFacts, TaskInForce
from edgeagent.services.reports.promises import Promise

__all__ = ["annex"]

_RIGHTS = (
    ("be informed (Art. 13)", "`edgeagent consent show`, `edgeagent privacy assess`"),
    ("withdraw consent (Art. 7(3))", "`edgeagent consent withdraw`, `edgeagent consent signal`"),
    ("proof of consent (Art. 7(1))", "`edgeagent consent receipt`"),
    (
        "access (Art. 15)",
        "`edgeagent export`, `edgeagent privacy report`, `edgeagent disclosures list`",
    ),
    ("correct (Art. 16)", "`edgeagent history forget`, `edgeagent history add`"),
    (
        "erase (Art. 17)",
        "`edgeagent history forget`, `edgeagent profile remove`, `edgeagent erase`",
    ),
    ("restrict (Art. 18)", "`edgeagent consent withdraw`, `edgeagent title exclude`"),
    ("take along (Art. 20)", "`edgeagent export`, `edgeagent import`"),
    ("object (Art. 21)", "`edgeagent consent withdraw`, `edgeagent consent signal`"),
)
_OPEN = (
    "Controller, joint controllers, processors, and the data protection officer.",
    "Whether each purpose is necessary and proportionate (Art. 35(7)(b)); facts: sections 1 to 4.",
    "Legal basis of the downloads.",
    "Where the server stands, who runs it, and whether reports leave the EU (Art. 44).",
    "Whether consent to reports is freely given: what a household loses by saying no.",
    "What the server and networks in front of it log besides the report: addresses, times.",
    "Who receives the estimates, for what decisions, and how long they are kept.",
    "Whether storing and reading on the device needs consent under national law (ePrivacy 5(3)).",
    "Which apps tell the box of viewings, and what they or the platform keep of these themselves.",
    "How households are told, in which languages, and how children are recognised by the platform.",
    "Views of the people concerned or of their representatives (Art. 35(9)).",
    "Whether the remaining risk is high, so that the authority has to be asked (Art. 36).",
    "When this assessment is repeated: a new task, other settings, or a new release change it.",
)
_WHERE_IT_FAILS = {
    "report": "`edgeagent disclosures list` shows which report it is",
    "budget": "`edgeagent disclosures verify` shows what was booked",
    "retention": "viewings that are over age are neither shown nor used; they are deleted at the "
    "next housekeeping of a service that knows the time, see `edgeagent doctor`",
    "ledger": "nothing is reported; `edgeagent disclosures verify` says what is wrong",
}
"""By the topic of a promise."""


def annex(facts: ImpactFacts) -> str:
    """Return the whole annex."""
    parts = (
        _heading(facts),
        _purposes(facts),
        _kept(facts),
        _leaves(facts),
        _task(facts),
        _risks(facts),
        _rights(),
        _open(),
    )
    return "\n".join("\n".join(part) + "\n" for part in parts)


def _heading(facts: ImpactFacts) -> Iterator[str]:
    yield "# Annex to a data protection impact assessment"
    yield ""
    yield (
        f"Made by `edgeagent privacy dpia`, version {facts.version}, at {facts.at} from the "
        "settings, the task and the declaration in force on one box. It states facts for Article "
        "35 GDPR; it is no legal advice, and no assessment. It names no profile, no consent and "
        "nothing that was watched."
    )


def _purposes(facts: ImpactFacts) -> Iterator[str]:
    yield "## 1. Purposes"
    yield ""
    yield from _table(
        ("purpose", "what a household is told", "in full"),
        [(item.purpose.value, item.title, item.text) for item in facts.purposes],
    )
    yield ""
    yield (
        "Basis of each: consent, given profile by profile and purpose by purpose, off until then, "
        f"ended after {facts.consent_lifetime_days} days at the latest, and withdrawn by one "
        f"command. Notice {facts.notice_version} in language {facts.notice_language}, SHA-256 "
        f"`{facts.notice_sha256}`."
    )


def _kept(facts: ImpactFacts) -> Iterator[str]:
    kept = facts.retention
    yield "## 2. What is kept, where, and for how long"
    yield ""
    yield (
        "All of it lies in this box. Databases are encrypted with AES-256 (SQLCipher), under keys "
        f'that provider "{facts.key_provider}" protects.'
    )
    yield ""
    viewings = f"{kept.days} days ({kept.allowed_days} by the settings; {MAX_RETENTION_DAYS} is "
    viewings += "the most that the program allows), then deleted at the next housekeeping"
    yield from _table(
        ("data", "where", "until"),
        [
            ("viewings: title id, time, progress, profile", "`history.db`", viewings),
            (
                "viewings of titles that the catalogue does not know",
                "`history.db`",
                f"{facts.unmatched_days} days, or until the catalogue knows them",
            ),
            (
                "profiles, hidden and excluded titles",
                "`history.db`",
                "removed, or erased",
            ),
            (
                "the picks last shown",
                "`history.db`",
                "the next picks, a deletion, or a withdrawal",
            ),
            ("consents, as they were given and withdrawn", "`ledger.db`", "erased with the box"),
            (
                "budget, reports byte for byte, acts of deletion",
                "`ledger.db`",
                "erased with the box",
            ),
            (
                "a report that waits",
                "`ledger.db`",
                "accepted, called off by a deletion or withdrawal, or 13 weeks",
            ),
            ("times of a private session", "memory only", "the box is switched off"),
            ("model and catalogue, the same for everybody", "`models/`", "replaced"),
        ],
    )
    yield ""
    if facts.teens_count_as_adults:
        yield (
            "No viewing of a kid's profile is kept. Teens' viewings are kept like those of adults, "
            "by the settings."
        )
    else:
        yield "No viewing of a kid's or a teen's profile is kept."


def _leaves(facts: ImpactFacts) -> Iterator[str]:
    yield "## 3. What leaves the box"
    yield ""
    if facts.server_url is None:
        yield "Nothing: no server is set. With one, it would be this."
    elif not facts.reports_enabled:
        yield f"To {facts.server_url}. Reports are off in the settings: only downloads leave."
    else:
        pinned = "a server whose key is pinned" if facts.pinned else "that server"
        yield f"To {facts.server_url}; reports only to {pinned}. Nothing else leaves."
    for request in facts.leaves:
        yield ""
        yield from _request(request, facts)
    yield ""
    yield f"Seen by the receiver besides: {'; '.join(facts.besides)}."


def _request(request: DeclaredRequest, facts: ImpactFacts) -> Iterator[str]:
    yield f"### {request.name}: {request.method} {request.path}"
    yield ""
    yield f"- Purpose: {request.purpose}"
    yield f"- Basis: {request.basis}"
    yield f"- Kept by the receiver: {request.retention}"
    yield f"- Body: {request.body_bytes} bytes"
    yield f"- How often: {_how_often(request, facts)}"
    headers = [f"`{item.name}: {item.value or '(the server)'}`" for item in request.headers]
    yield f"- Headers, the same on every box: {', '.join(headers)}"
    if request.fields:
        yield ""
        yield from _table(
            ("field", "what it holds", "what it is for", "from what was watched"),
            [
                (
                    f"`{field.name}`",
                    field.holds,
                    field.purpose,
                    "yes, with noise" if field.from_history else "no",
                )
                for field in request.fields
            ],
        )


def _how_often(request: DeclaredRequest, facts: ImpactFacts) -> str:
    if not request.body_bytes:
        return f"every {facts.update_hours} hours that the service runs"
    return (
        f"at most once in {facts.spacing_weeks} weeks, about one week, at a random moment of "
        f"{facts.send_window_days} days; the same bytes again until accepted, for 13 weeks at most"
    )


def _task(facts: ImpactFacts) -> Iterator[str]:
    yield "## 4. Parameters of the report"
    yield ""
    yield f"- Model: {facts.model_version or 'none has been downloaded'}"
    if facts.task is None:
        yield "- Task: none has been downloaded; no report is drawn"
    else:
        yield from _parameters(facts.task)
    year = facts.budget
    yield (
        f"- Largest e^ε of a report: {facts.odds_of_a_report}; reports are at least "
        f"{facts.spacing_weeks} weeks apart"
    )
    yield f"- ε of any 52 weeks: at most {year.epsilon_limit_52_weeks:.2f}, by the program"
    yield (
        f"- Spent on this box: ε {year.epsilon_last_52_weeks:.2f} in the last 52 weeks, "
        f"{year.epsilon_lifetime:.2f} ever; reports of its own: {year.reports}"
    )


def _parameters(task: TaskInForce) -> Iterator[str]:
    yield f"- Task: `{task.name}`: {task.mechanism}, {task.categories} categories"
    if task.zone is None:
        yield "- A category is a segment"
    else:
        yield f"- A category is a group of segments and one of four parts of the day in {task.zone}"
    yield f"- e^ε of a report: {task.odds} (ε = {task.epsilon:.3f})"
    if not task.permitted:
        yield "- The settings allow less than that: no report is drawn for this task"
    if task.subset is not None:
        yield (
            f"- A report names {task.subset.named} categories: the true one with chance "
            f"{task.subset.truth_is_named}, any other with chance {task.subset.other_is_named}"
        )
    yield f"- Categories: {'; '.join(label.name for label in task.segments)}"
    sensitive = "; ".join(task.counted_as_none) or "none are named by the task"
    yield f'- Sensitive, counted as "none": {sensitive}'
    for lifted in task.lifted_words:
        yield (
            f"- The operator of the catalogue says that `{lifted.word}` does not tell of "
            f"{', '.join(lifted.topics)}, so its segments are categories"
        )


def _risks(facts: ImpactFacts) -> Iterator[str]:
    yield "## 5. Risks, measures, and what remains"
    yield ""
    yield (
        "What a receiver could conclude at most who links all reports of a box to it, if the "
        "household watches the same category in every reporting week and all categories are "
        "equally likely before:"
    )
    yield ""
    yield from _table(
        ("reports", "ε together", "belief before", "belief after, at most"),
        [_bound(bound) for bound in facts.bounds],
    )
    yield ""
    yield (
        "A receiver who knows that a report is about one of two weeks, equally likely, is right "
        f"about which with a chance of at most {facts.told_apart_at_most:.1%}; 50.0% is a guess."
    )
    yield ""
    yield from _table(("risk", "measure", "what remains"), _measures(facts))
    yield ""
    yield from _table(
        ("promised of every box", "on this box, now"),
        [(item.text, _state(item)) for item in facts.promises],
    )
    yield ""
    if not facts.settings:
        yield "All settings are the defaults."
        return
    verdict = "riskier than" if facts.riskier_than_default else "no riskier than"
    yield f"Settings that differ from the defaults (together {verdict} these):"
    yield ""
    for item in facts.settings:
        yield f"- {item.direction}: `{item.setting}`: {item.words}"


def _state(promise: Promise) -> str:
    return "holds" if promise.holds else f"DOES NOT HOLD: {_WHERE_IT_FAILS[promise.topic]}"


def _bound(bound: Bound) -> tuple[str, ...]:
    span = "1" if bound.years is None else f"{bound.reports} in {bound.years} years"
    if bound.years == 1:
        span = f"{bound.reports} in a year"
    return (
        span,
        f"{bound.epsilon:.2f}",
        f"{bound.by_chance:.1%}",
        f"{bound.believed_at_most:.1%}",
    )


def _measures(facts: ImpactFacts) -> list[tuple[str, str, str]]:
    key = {
        "file": "a copy of the whole home holds the key: a person who has it can read the history",
        "credential": "a person who controls the running system of this box",
        "command": "what the vendor's helper lets out",
    }[facts.key_provider]
    return [
        (
            "a report tells what a household watched",
            "noise in the box, before anything leaves; budget booked first",
            "the bounds above; that the box takes part, its address and the time of sending",
        ),
        (
            "the history is read on the box",
            f'encryption; key provider "{facts.key_provider}"; apps cannot read it',
            key,
        ),
        (
            "it is kept for too long",
            f"deleted after {facts.retention.days} days; erasing destroys the keys",
            "copies of the home made before; on flash, erasing a key in a file is best effort",
        ),
        (
            "sensitive interests become visible",
            'sessions in sensitive segments count as "none"',
            "segments that the publisher did not mark as sensitive",
        ),
        (
            "children are profiled",
            "kids' profiles and `app:child` viewings are never stored, scored or counted",
            "a child who watches in an adult's profile"
            + ("; teens count as adults by the settings" if facts.teens_count_as_adults else ""),
        ),
        (
            "the server asks for more, or marks a box",
            "limits and closed sets of questions are compiled in; signed and versioned targets",
            "a name of a task can mark a box with 4 bits",
        ),
        (
            "a model leaks or harms",
            "signed, of allowed operators only, run in a child process without keys or network",
            "wrong picks"
            if facts.scorer == "child"
            else "by the settings they run in the service's own process",
        ),
        (
            "the state of a box is put back",
            "chain and anchor; an older ledger grants and sends nothing",
            "an image of the whole state goes unnoticed; its week is then drawn again",
        ),
    ]


def _rights() -> Iterator[str]:
    yield "## 6. Rights, and what carries them out in the box"
    yield ""
    yield from _table(("right", "command"), list(_RIGHTS))
    yield ""
    yield (
        "A report cannot be recalled: it carries no identity by which a receiver could find it "
        "(Art. 11). Nothing is decided about anybody by reports (Art. 22); picks are suggestions, "
        "each with its reasons (`edgeagent recommend`)."
    )


def _open() -> Iterator[str]:
    yield "## 7. To be filled in by the operator"
    yield ""
    for question in _OPEN:
        yield f"- [ ] {question}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _row(heads)
    yield _row(["---"] * len(heads))
    for row in rows:
        yield _row([_cell(text) for text in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Return a text that stays in its cell; names of segments come from a publisher."""
    return " ".join(text.split()).replace("|", "\\|")
