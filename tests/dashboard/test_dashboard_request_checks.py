"""Nobody gets in but a browser on this box that came with the link."""

from __future__ import annotations

from urllib.parse import urlencode

from edgeagent.dashboard.app import ROUTES
from edgeagent.dashboard.headers import HEADERS
from edgeagent.dashboard.session import SESSION_SECONDS
from tests.api.running import Running
from tests.dashboard.serving import Serving

PAGES = sorted({way.path for way in ROUTES if way.method == "GET"})
ACTIONS = sorted({way.path for way in ROUTES if way.method == "POST"})
PUBLIC = ["/static/dashboard.css", "/static/icon.svg"]


def granted(running: Running) -> bool:
    with running.line() as manager:
        consent = manager.result("EdgeAgent.consent")
    return any(purpose["granted"] for purpose in consent["purposes"])


def test_no_page_without_a_session(serving: Serving) -> None:
    serving.cookies.clear()
    for path in PAGES:
        answer = serving.get(path)
        assert answer.status == 403, path
        assert "locked" in answer.text


def test_no_deed_without_the_key_of_a_form(serving: Serving) -> None:
    for path in ACTIONS:
        for form_key in ("", "0" * 64):
            assert serving.post(path, form_key=form_key).status == 403, path
    serving.cookies.clear()
    for path in ACTIONS:
        answer = serving.request("POST", path, body=b"", headers={"Origin": serving.origin})
        assert answer.status == 403, path


def test_a_session_ends(serving: Serving, running: Running) -> None:
    running.box.clock.advance(SESSION_SECONDS + 1)
    assert serving.get("/").status == 403


def test_a_used_page_keeps_the_session_open(serving: Serving, running: Running) -> None:
    for _ in range(3):
        running.box.clock.advance(SESSION_SECONDS - 1)
        answer = serving.get("/kept")
        assert answer.status == 200
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        serving.cookies["edgeagent_session"] = cookie.split(";")[0].partition("=")[2]


def test_a_wrong_link_opens_nothing(serving: Serving) -> None:
    for key in ("", "1.2", serving.sessions.link_key()[:-1] + "x"):
        answer = serving.get(f"/open?{urlencode({'key': key})}")
        assert answer.status == 403
        assert "set-cookie" not in answer.headers


def test_a_name_that_was_made_to_point_here_is_refused(serving: Serving) -> None:
    rebound = ("evil.example", "evil.example:80", "127.0.0.1.evil.example:3474", "localhost", "")
    for host in rebound:
        for path in ("/", "/open", "/static/dashboard.css"):
            assert serving.get(path, Host=host).status == 403, (host, path)


def test_another_site_posts_nothing(serving: Serving, running: Running) -> None:
    body = urlencode({"form_key": serving.form_key(), "purpose": "history"}).encode()
    foreign: tuple[dict[str, str], ...] = (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {},
        {"Origin": serving.origin, "Sec-Fetch-Site": "cross-site"},
        {"Origin": serving.origin, "Sec-Fetch-Site": "same-site"},
    )
    for headers in foreign:
        answer = serving.request("POST", "/switches/grant", body=body, headers=headers)
        assert answer.status == 403, headers
    assert not granted(running)


def test_the_same_post_from_our_own_page_works(serving: Serving, running: Running) -> None:
    assert serving.post("/switches/grant", purpose="history", sure="yes").status == 303
    assert granted(running)


def test_what_is_no_form_of_ours_is_refused(serving: Serving) -> None:
    many = b"&".join(b"a%d=1" % number for number in range(50))
    for body in (b"x" * 20_000, many, b"a=%ff", b"\xff\xfe", b""):
        answer = serving.request(
            "POST", "/switches/grant", body=body, headers={"Origin": serving.origin}
        )
        assert answer.status == 403, body[:20]


def test_every_answer_says_what_it_is(serving: Serving) -> None:
    for path in (*PAGES, "/nothing", "/open", *PUBLIC):
        answer = serving.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name.lower()] == value, path
        kept = "public, max-age=31536000, immutable" if path in PUBLIC else "no-store"
        assert answer.headers["cache-control"] == kept, path
        assert "server" not in answer.headers


def test_a_page_takes_nothing_from_elsewhere_and_nobody_embeds_it(serving: Serving) -> None:
    policy = serving.get("/").headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'self'"
    assert set(policy[1:]) == {
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    }


def test_only_links_and_forms_of_our_own_are_on_the_way(serving: Serving) -> None:
    assert serving.get("/static/vendored.json").status == 404
    assert serving.get("/static/..%2fapp.py").status == 404
    assert serving.get("/switches/grant").status == 405
    assert serving.post("/kept").status == 405
