"""What a user reads besides the answer: languages, figures, explanations, and the policy sent with every page."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from starlette.types import Message, Receive, Scope, Send

from glm_playground.chat.checks import Finding, Problem
from glm_playground.gateway import ChatRequest, GatewayError, errors
from glm_playground.markdown.signs import PART
from glm_playground.runs.cost import Cost, CostState, CostTerm, Price, Received, TokenClass
from glm_playground.runs.run import Outcome, Run, RunError, Server
from glm_playground.runs.totals import cost_total
from glm_playground.ui.server import document_language, stage_script
from glm_playground.ui.server.first_page import first_page
from glm_playground.ui.server.headers import SecurityHeaders, content_security_policy
from glm_playground.ui.shared import figures, i18n
from glm_playground.ui.shared.answer.error_words import explain_error
from glm_playground.ui.shared.answer.finding_words import explain_finding
from glm_playground.ui.shared.answer.run_footer import cost_text, total_text
from glm_playground.ui.shared.files.file_buttons import dated
from glm_playground.ui.shared.i18n import preferred_language

HOSTILE = "![x](http://evil.test) [y](http://evil.test) $5 :red[z] <b> `c` **d** # e | f"


@pytest.fixture(autouse=True, scope="module")
def speaking() -> Iterator[pytest.MonkeyPatch]:
    """English, since there is no session that has a language."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(i18n, "language", lambda: "en")
        yield patch


def classes_of(base: type[GatewayError]) -> list[type[GatewayError]]:
    return [base, *(found for child in base.__subclasses__() for found in classes_of(child))]


# What only groups others is never raised.
GROUPS = {GatewayError, errors.ResponseError, errors.StreamError}
RAISED = [found for found in classes_of(GatewayError) if found not in GROUPS]


def failed(error: RunError | None, server: str = "http://server.test") -> Run:
    request = ChatRequest(model="*model*", messages=())
    return Run(
        "run_id",
        request,
        Server("s", server),
        datetime(2026, 1, 1, tzinfo=UTC),
        [],
        Outcome.FAILED,
        error=error,
        request_id=HOSTILE,
    )


def drawn(markdown: str) -> tuple[str, set[str]]:
    """The text a reader sees, and the kinds of things in it."""
    tokens = [
        piece for token in MarkdownIt("commonmark").parse(markdown.replace(PART, "")) for piece in token.children or []
    ]
    return "".join(token.content or "\n" for token in tokens), {token.type for token in tokens}


class TestExplanations:
    @pytest.mark.parametrize("error", RAISED, ids=lambda error: error.__name__)
    def test_every_error_is_explained_in_words_of_its_own(self, error: type[GatewayError]) -> None:
        run = failed(RunError.of(error(HOSTILE, status=418, code="a_code", fields={"*field*": (HOSTILE,)})))
        title, body = explain_error(run)
        unknown = explain_error(failed(RunError("NeverHeardOf", HOSTILE)))
        assert title
        assert (title, body.split("  \n")[0]) != (unknown.title, unknown.body.split("  \n")[0])
        text, kinds = drawn(f"{title}\n{body}")
        assert kinds <= {"text", "softbreak", "hardbreak", "code_inline"}
        assert f"{HOSTILE}; *field*: {HOSTILE}" in text
        assert "418 a_code" in text
        *said, ids = body.split("  \n")
        assert not re.search(r"[$:](?! )", re.sub(r"\\.", "", "\n".join(said).replace(PART, "")))
        assert ids == f"request id `{HOSTILE.replace('`', chr(39)).replace('|', '¦')}` · client request id `run_id`"

    def test_no_two_explanations_are_the_same(self) -> None:
        titles = [explain_error(failed(RunError.of(error("m")))).title for error in RAISED]
        assert len(set(titles)) == len(RAISED)

    def test_the_wait_the_server_asks_for_is_told(self) -> None:
        asked = explain_error(failed(RunError.of(errors.RateLimited("m", retry_after=90))))
        assert "asks to wait 90.0 s" in asked.body

    def test_a_mistake_of_ours_does_not_quote_itself(self) -> None:
        title, body = explain_error(failed(RunError("InternalError", "ZeroDivisionError")))
        assert "in this app" in title
        assert "run_id" in body
        assert "ZeroDivisionError" not in body
        assert explain_error(failed(None)).title == title

    @pytest.mark.parametrize("problem", Problem)
    def test_every_finding_says_that_nothing_was_sent(self, problem: Problem) -> None:
        title, body = explain_finding(Finding(problem, 1200.5, 1000), "*model*")
        assert title
        assert body.endswith("Nothing was sent.")
        assert "{" not in body
        assert drawn(body)[1] == {"text"}

    def test_a_finding_names_what_was_found_and_the_limit(self) -> None:
        body = explain_finding(Finding(Problem.PROMPT_TOO_LONG, 250_000, 200_000), "glm-5.1").body
        assert drawn(body)[0].startswith("About 250,000 tokens by Z.ai's rule of thumb; glm-5.1 takes 200,000.")


class TestFigures:
    @pytest.mark.parametrize(
        ("amount", "shown"),
        [
            ("0", "$0"),
            ("0.00", "$0"),
            ("1234.5", "$1,234.50"),
            ("1", "$1.00"),
            ("0.5", "$0.500"),
            ("0.0023", "$0.00230"),
            ("0.000606", "$0.000606"),
            ("0.00000001", "$0.00000001"),
            ("0.000000001", "<$0.00000001"),
        ],
    )
    def test_dollars(self, amount: str, shown: str) -> None:
        assert figures.dollars(Decimal(amount)) == shown

    @given(st.decimals(0, 10**6, places=12).filter(bool))
    def test_an_amount_is_never_shown_as_nothing(self, amount: Decimal) -> None:
        assert re.search(r"[1-9]", figures.dollars(amount))

    @pytest.mark.parametrize(
        ("nanoseconds", "shown"),
        [
            (None, "unknown"),
            (0, "0 ms"),
            (420_000_000, "420 ms"),
            (3_100_000_000, "3.10 s"),
            (61_000_000_000, "61.0 s"),
            (125_000_000_000, "2 min 5 s"),
        ],
    )
    def test_seconds(self, nanoseconds: float | None, shown: str) -> None:
        assert figures.seconds(nanoseconds) == shown

    def test_the_locale_decides_how_a_number_looks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(i18n, "language", lambda: "pt_BR")
        assert figures.dollars(Decimal("1234.5")) == "$1.234,50"
        assert figures.seconds(3_100_000_000) == "3,10 s"
        assert i18n.day(date(2026, 11, 23)) == "23 de nov. de 2026"

    @pytest.mark.parametrize(
        ("count", "shown"), [(None, "unknown"), (0, "0 tokens"), (1, "1 token"), (2000, "2,000 tokens")]
    )
    def test_tokens(self, count: int | None, shown: str) -> None:
        assert figures.tokens(count) == shown


class TestTimes:
    NOON = datetime(2026, 11, 25, 12, 0, 5, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("zone", "shown"),
        [
            ("Europe/Berlin", "Nov 25, 2026, 1:00:05\u202fPM +0100"),
            ("Asia/Kolkata", "Nov 25, 2026, 5:30:05\u202fPM +0530"),
            ("Pacific/Kiritimati", "Nov 26, 2026, 2:00:05\u202fAM +1400"),
            ("UTC", "Nov 25, 2026, 12:00:05\u202fPM UTC"),
            (None, "Nov 25, 2026, 12:00:05\u202fPM UTC"),
            ("", "Nov 25, 2026, 12:00:05\u202fPM UTC"),
            ("Mars/Olympus", "Nov 25, 2026, 12:00:05\u202fPM UTC"),
            ("../../etc/passwd", "Nov 25, 2026, 12:00:05\u202fPM UTC"),
            ("America", "Nov 25, 2026, 12:00:05\u202fPM UTC"),
            ("a\0b", "Nov 25, 2026, 12:00:05\u202fPM UTC"),
        ],
    )
    def test_a_time_is_told_in_the_browsers_zone(
        self, monkeypatch: pytest.MonkeyPatch, zone: str | None, shown: str
    ) -> None:
        monkeypatch.setattr(i18n, "_browser_zone", lambda: zone)
        assert i18n.moment(self.NOON) == shown

    @pytest.mark.parametrize(
        ("zone", "shown"), [("Asia/Kolkata", "5:30\u202fPM"), ("UTC", "12:00\u202fPM"), (None, "12:00\u202fPM UTC")]
    )
    def test_a_time_of_day_names_its_zone_where_it_is_not_the_browsers(
        self, monkeypatch: pytest.MonkeyPatch, zone: str | None, shown: str
    ) -> None:
        monkeypatch.setattr(i18n, "_browser_zone", lambda: zone)
        assert i18n.clock(self.NOON) == shown

    def test_a_day_begins_when_it_does_for_the_reader(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(i18n, "_browser_zone", lambda: "America/Sao_Paulo")
        assert i18n.beginning(date(2026, 11, 25)) == datetime(2026, 11, 25, 3, tzinfo=UTC)

    def test_a_name_of_a_file_says_that_its_time_is_utc(self) -> None:
        assert re.fullmatch(r"runs-\d{8}-\d{4}-UTC", dated("runs"))


class TestCosts:
    def test_what_was_received_is_named_as_an_estimate_and_no_zero_is_shown(self) -> None:
        price = Price({TokenClass.OUTPUT: Decimal(2)}, "s", date(2026, 1, 1))
        term = CostTerm(TokenClass.OUTPUT, 1000, Decimal(2))
        shown = cost_text(Cost(CostState.NO_USAGE, price=price, received=Received(61, (term,))))
        assert shown == r"cost not reported · :orange[\$0\.00200 estimated from 61 chunks received]"
        assert cost_text(Cost(CostState.NO_USAGE, received=Received(1))) == "cost not reported · 1 chunk received"
        free = CostTerm(TokenClass.OUTPUT, 1000, Decimal(0))
        assert "$" not in cost_text(Cost(CostState.NO_USAGE, price=price, received=Received(61, (free,))))

    def test_the_running_cost_says_how_sure_each_part_is(self) -> None:
        run = failed(None)
        costs = [
            Cost(CostState.ESTIMATED, Decimal("0.002")),
            Cost(CostState.SETTLED, Decimal("0.01")),
            Cost(CostState.NO_USAGE, received=Received(61, (CostTerm(TokenClass.OUTPUT, 1000, Decimal(2)),))),
            None,
        ]
        shown = total_text(cost_total((run, cost) for cost in costs)).replace("\\", "")
        assert shown == (
            "$0.00200 :orange[estimated] · $0.0100 settled · 2 of unknown cost"
            " · :orange[$0.00200 estimated from chunks received]"
        )
        played = replace(run, server=Server("sandbox", "http://127.0.0.1", stand_in="a small model"))
        shown = total_text(cost_total((played, cost) for cost in costs)).replace("\\", "")
        assert shown.endswith(
            "2 of unknown cost · :orange[$0.00200 estimated from chunks received] :orange[in play money]"
        )
        assert total_text(cost_total([(run, Cost(CostState.NOT_CHARGED))])) == "not charged"
        assert total_text(cost_total([])) == ""


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt_BR"),
        ("pt-PT", "pt_BR"),
        ("PT", "pt_BR"),
        ("en-US,en;q=0.9,pt;q=0.8", "en"),
        ("de-DE,de;q=0.9,pt;q=0.5", "pt_BR"),
        ("zh-CN,ja", "en"),
        ("*", "en"),
        ("", "en"),
        (";;;,,, -_", "en"),
        (["fr", "pt-br"], "pt_BR"),
        ([], "en"),
    ],
)
def test_the_language_that_fits_the_browser_best(accepted: str | list[str], language: str) -> None:
    assert preferred_language(accepted) == language


@given(st.text(max_size=30))
def test_any_header_has_a_language(accepted: str) -> None:
    assert preferred_language(accepted) in i18n.LANGUAGES


class _InlineScripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and "src" not in dict(attrs)

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)
            self._inside = False


class TestPolicy:
    def directives(self) -> dict[str, list[str]]:
        parts = [part.split() for part in content_security_policy().split("; ")]
        return {name: sources for name, *sources in parts}

    def test_nothing_is_loaded_from_another_server(self) -> None:
        found = self.directives()
        allowed = {"'self'", "'none'", "'unsafe-inline'", "data:", "blob:"}
        others = {source for name, sources in found.items() if name != "script-src" for source in sources}
        assert others <= allowed
        assert found["default-src"] == ["'self'"]
        assert found["frame-ancestors"] == found["object-src"] == ["'none'"]
        assert found["frame-src"] == ["'self'"]

    def test_of_the_scripts_in_the_page_only_ours_and_streamlits_own_run(self) -> None:
        page = _InlineScripts()
        page.feed(first_page())
        ours, *others = page.scripts
        assert ours.startswith("window.__streamlit=")
        assert all(
            script in (Path(streamlit.__file__).parent / "static" / "index.html").read_text() for script in others
        )
        scripts = [*page.scripts, *document_language.SCRIPTS.values(), stage_script.SCRIPT]
        hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
        assert self.directives()["script-src"] == ["'self'", *(f"'sha256-{digest}'" for digest in hashes)]

    def test_a_document_can_be_said_to_be_in_any_language_of_the_app(self) -> None:
        assert document_language.SCRIPTS.keys() == i18n.LANGUAGES.keys()

    @pytest.mark.parametrize("kind", ["http", "websocket"])
    def test_every_http_response_carries_it(self, kind: str) -> None:
        sent: list[Message] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": f"{kind}.response.start", "status": 404, "headers": [(b"x-own", b"1")]})
            await send({"type": f"{kind}.response.body", "body": b"x"})

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(SecurityHeaders(app)({"type": kind}, receive, send))
        names = {name for name, _ in sent[0]["headers"]}
        added = {b"content-security-policy", b"x-content-type-options", b"referrer-policy", b"permissions-policy"}
        assert names == {b"x-own"} | (added if kind == "http" else set())
        assert sent[1]["body"] == b"x"
