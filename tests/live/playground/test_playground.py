"""The playground on a live server: stopping, attaching again, sessions, what is sent to a tab, headers."""

import asyncio
import re
import statistics
import time

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from glm_playground.sandbox.script_text import markdown_tokens
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import AskedLog, problems
from tests.live.playground.tabs import in_tab, shows, words
from tests.live.widget_state import Widget

STOP_MS = 300


def drafts(tab: BrowserSession, kind: str) -> list[Widget]:
    """Of each prompt that waits, oldest first, the widget whose key begins so."""
    return [widget for widget in tab.widgets() if (widget.key or "").startswith(kind)]


def waiting(tab: BrowserSession) -> list[str]:
    """The texts of the prompts that wait above the input."""
    return [area.text for area in drafts(tab, "draft-text-")]


async def stopped_after_ms(tab: BrowserSession, asked: AskedLog, word: str) -> float:
    """Presses Stop; milliseconds until the sandbox saw the connection close."""
    button = await tab.wait_for_widget("button", "stop")
    clicked = time.perf_counter_ns()
    await tab.click(button)
    entry = await asyncio.to_thread(asked.wait, word, "closed_by_client_ns")
    await tab.wait_finished()
    return float(entry["closed_by_client_ns"] - clicked) / 1e6


class TestStop:
    def test_before_the_first_token(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            took = []
            for number in range(3):
                word = f"silent{number}"
                await tab.submit_chat(f"@script delay=600000\n{word}")
                await asyncio.to_thread(asked.wait, word)
                took.append(await stopped_after_ms(tab, asked, word))
                assert asked.entries(word)[-1]["tokens_sent"] == 0
            print(f"\ngateway saw the close after {', '.join(f'{ms:.0f}' for ms in took)} ms")
            assert statistics.median(took) <= STOP_MS
            assert tab.text.count(":gray-badge[stopped]") == 3
            # Nothing came, so nothing is said of money.
            assert "$" not in tab.text
            assert "Waiting for the first token" not in tab.text
            await tab.submit_chat("@script text=onward rate=0")
            await tab.wait_finished()
            assert "onward" in tab.text

        in_tab(app, act)

    def test_in_the_middle_the_text_is_kept(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            took = []
            for number in range(3):
                word = f"flowing{number}"
                await tab.submit_chat(f"@script tokens=3000 rate=100\n{word}")
                await tab.wait_for(lambda: words(4, 8) in tab.text)
                took.append(await stopped_after_ms(tab, asked, word))
                assert words(4, 8) in tab.text
                await tab.click(tab.find_button("clear"))
                await tab.wait_finished()
            print(f"\ngateway saw the close after {', '.join(f'{ms:.0f}' for ms in took)} ms")
            assert statistics.median(took) <= STOP_MS

        in_tab(app, act)

    def test_what_was_read_until_then_is_the_answer(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            await tab.submit_chat("@script tokens=3000 rate=100\nhalf")
            await tab.wait_for(lambda: shows(tab, 12))
            await stopped_after_ms(tab, asked, "half")
            assert ":gray-badge[stopped]" in tab.text
            assert "cost not reported" in tab.text
            await tab.run()
            assert shows(tab, 12)
            await tab.submit_chat("@script text=next rate=0\nfollowing")
            await tab.wait_finished()
            sent = asked.entries("following")[-1]["body"]["messages"]
            assert [message["role"] for message in sent] == ["user", "assistant", "user"]
            assert sent[1]["content"].startswith("".join(markdown_tokens(12)))

        in_tab(app, act)

    def test_clear_stops_too(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            await tab.submit_chat("@script tokens=3000 rate=100\ncleared")
            await asyncio.to_thread(asked.wait, "cleared", "first_token_ns")
            await tab.click(await tab.wait_for_widget("button", "clear"))
            await asyncio.to_thread(asked.wait, "cleared", "closed_by_client_ns")
            await tab.wait_finished()
            assert "cleared" not in tab.text

        in_tab(app, act)


class TestARunningAnswerIsNeverLost:
    # Slow enough to be disturbed in the middle, short enough to wait for.
    SCRIPT = "@script tokens=90 rate=60"

    async def begin(self, tab: BrowserSession, word: str) -> None:
        await tab.submit_chat(f"{self.SCRIPT}\n{word}")
        await tab.wait_for(lambda: shows(tab, 12))

    async def end(self, tab: BrowserSession, asked: AskedLog, word: str) -> None:
        await tab.wait_finished()
        assert ":green-badge[completed]" in tab.text
        assert shows(tab, 90)
        [entry] = asked.entries(word)
        assert entry["closed_by_client_ns"] is None

    def test_by_a_rerun(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            await self.begin(tab, "rerun")
            await tab.rerun()
            await tab.wait_for(lambda: tab.running and shows(tab, 20))
            assert ":green-badge[completed]" not in tab.text
            await self.end(tab, asked, "rerun")

        in_tab(app, act)

    def test_by_another_setting(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            await tab.open("settings-1")
            await self.begin(tab, "setting")
            await tab.set_value(tab.find_widget("number_input", "temperature-1"), 0.5)
            await self.end(tab, asked, "setting")

        in_tab(app, act)

    def test_by_another_page(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            await self.begin(tab, "elsewhere")
            await tab.go_to("")
            await tab.wait_finished()
            assert words(0, 5) not in tab.text
            await tab.go_to("playground")
            await tab.wait_for(lambda: shows(tab, 20))
            await self.end(tab, asked, "elsewhere")

        in_tab(app, act)

    def test_by_a_lost_connection(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            await self.begin(tab, "connection-dropped")
            session = tab.session_id
            await tab.drop()
            await tab.reconnect()
            await tab.wait_for(lambda: shows(tab, 20))
            assert tab.session_id == session
            await self.end(tab, asked, "connection-dropped")

        in_tab(app, act)

    def test_by_a_connection_that_is_lost_until_its_end(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            await self.begin(tab, "away")
            await tab.drop()
            await asyncio.to_thread(asked.wait, "away", "ended_ns")
            await tab.reconnect()
            await self.end(tab, asked, "away")

        in_tab(app, act)

    def test_by_another_prompt(self, app: AppProcess, asked: AskedLog) -> None:
        async def act(tab: BrowserSession) -> None:
            await self.begin(tab, "earlier")
            # Pressed twice: both texts wait, and neither is sent.
            texts = ["@script text=late rate=0\ntoo early", "@script text=later rate=0\nearly too"]
            for text in texts:
                await tab.submit_chat(text)
                await tab.wait_for(lambda: text in waiting(tab))  # noqa: B023 - called before the loop continues
            assert tab.text.count("An answer is still being written.") == 2
            await self.end(tab, asked, "earlier")
            # Once it has ended, they no longer say that they wait for it.
            assert "An answer is still being written." not in tab.text
            assert waiting(tab) == texts
            assert not asked.entries("too early") + asked.entries("early too")
            for word in ("too early", "early too"):
                await tab.click(drafts(tab, "draft-send-")[0])
                await tab.wait_finished()
                assert len(asked.entries(word)) == 1
            assert not waiting(tab)

        in_tab(app, act)


class TestSessions:
    def test_they_do_not_see_each_other(self, app: AppProcess, asked: AskedLog) -> None:
        async def visit() -> None:
            async with (
                BrowserSession(app.base_url, "/playground") as one,
                BrowserSession(app.base_url, "/playground", language="pt-BR") as other,
            ):
                await asyncio.gather(one.run(), other.run())
                await asyncio.gather(one.open("settings-1"), other.open("settings-1"))
                await one.set_value(one.find_widget("text_area", "system-1"), "system-of-one")
                await one.wait_finished()
                await one.submit_chat("@script tokens=40 rate=60\nprompt-of-one")
                await other.submit_chat("@script text=answer-of-other rate=0\nprompt-of-other")
                await asyncio.gather(one.wait_finished(), other.wait_finished())
                await asyncio.gather(one.run(), other.run())
                assert "prompt-of-one" in one.text
                assert "prompt-of-other" not in one.text
                assert "answer-of-other" not in one.text
                assert "answer-of-other" in other.text
                assert "prompt-of-one" not in other.text
                [entry] = asked.entries("prompt-of-other")
                assert [message["role"] for message in entry["body"]["messages"]] == ["user"]
                assert "131,072" in one.find_widget("number_input", "max_tokens-1").label
                assert "131.072" in other.find_widget("number_input", "max_tokens-1").label
                assert not problems(one) + problems(other)

        asyncio.run(visit())

    def test_the_browsers_language_is_the_pages(self, app: AppProcess) -> None:
        async def portuguese(tab: BrowserSession) -> None:
            await tab.open("settings-1")
            assert "131.072" in tab.find_widget("number_input", "max_tokens-1").label
            assert tab.find_button("add_lane").label == "Adicionar modelo"

        async def english(tab: BrowserSession) -> None:
            await tab.open("settings-1")
            assert "131,072" in tab.find_widget("number_input", "max_tokens-1").label
            assert tab.find_button("add_lane").label == "Add a model"

        in_tab(app, portuguese, language="pt-BR,pt;q=0.9,en;q=0.5")
        in_tab(app, english, language="fr-FR,fr;q=0.9")

    def test_another_sites_page_cannot_open_a_session(self, app: AppProcess) -> None:
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Origin": "http://evil.invalid",
        }
        response = httpx.get(f"{app.base_url}/_stcore/stream", headers=headers, trust_env=False)
        assert response.status_code == 403


def test_a_long_fast_answer_costs_little_more_than_itself(app: AppProcess) -> None:
    tokens = 4000
    answer = len("".join(markdown_tokens(tokens)).encode())

    async def act(tab: BrowserSession) -> None:
        before = tab.bytes_received
        # Long enough for some twenty redraws: with the whole text in each, it would be ten times the answer.
        await tab.submit_chat(f"@script tokens={tokens} rate=2000")
        await tab.wait_finished(30)
        # At its end the page is drawn once more, as any click draws it.
        ended = tab.bytes_received
        await tab.run()
        drawn_again = tab.bytes_received - ended
        received = ended - before - drawn_again
        print(f"\n{received:,} bytes for an answer of {answer:,}: {received / answer:.2f} times, and {drawn_again:,}")
        assert "4,000 tokens" in tab.text
        assert received <= 3 * answer
        assert drawn_again <= 2 * answer

    in_tab(app, act)


class TestHeaders:
    @pytest.mark.parametrize(
        "path", ["/", "/playground", "/static", "/_stcore/health", "/_stcore/host-config", "/none"]
    )
    def test_every_response_has_them(self, app: AppProcess, path: str) -> None:
        with httpx.Client(base_url=app.base_url, trust_env=False) as client:
            if path == "/static":
                script = re.search(r'src="\./(static/js/[^"]+)"', client.get("/").text)
                assert script
                path = f"/{script[1]}"
            response = client.get(path)
        assert response.status_code == 200
        headers = response.headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'self'"
        assert policy["img-src"] == "'self' data: blob:"
        assert policy["connect-src"] == "'self' data:"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["script-src"].startswith("'self' 'sha256-")
        assert "unsafe" not in policy["script-src"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in headers["permissions-policy"]


def test_no_key_is_in_the_output(app: AppProcess, sandbox: SandboxProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        for script in ("tokens=3", "status=401", "status=500", "fault=error_midstream", "fault=drop", "redirect=1"):
            await tab.submit_chat(f"@script {script} rate=0")
            await tab.wait_finished()
        await tab.go_to("")
        await tab.wait_finished()
        assert sandbox.key not in tab.text

    in_tab(app, act)
    assert "Runtime state: " in app.output
    assert sandbox.key not in app.output
    assert "Traceback" not in app.output
