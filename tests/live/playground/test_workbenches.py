"""A workbench on a live server: reloads, several tabs, a killed app, and a run that is gone on with."""

import asyncio
from pathlib import Path

import pytest

from glm_playground.sandbox.process import SandboxProcess
from glm_playground.sandbox.script_text import markdown_tokens
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import AskedLog, problems, serve

pytestmark = pytest.mark.slow

ACTS_S = 15
MODELS = ("glm-5.3", "glm-5.2", "glm-5.1", "glm-5", "glm-4.7", "glm-4.6")
SIX = "&".join(f"lane={model}" for model in MODELS)


def tab_of(
    app: AppProcess, browser: BrowserSession | None = None, *, path: str = "/playground", query: str = ""
) -> BrowserSession:
    """A tab of the same browser as another one, or of a new one."""
    return BrowserSession(app.base_url, path=path, query_string=query, cookies=browser.cookies if browser else None)


def words(end: int) -> str:
    """The last of so many tokens of the scripted text."""
    return "".join(markdown_tokens(end)[end - 3 : end]).strip()


def models(tab: BrowserSession) -> list[str]:
    """What the lanes on the screen ask, left to right."""
    boxes = [widget for widget in tab.widgets("selectbox") if (widget.key or "").startswith("model-")]
    return [box.proto.options[box.proto.default] for box in boxes]


def test_a_reload_and_another_tab_show_the_same_answer_as_it_grows(app: AppProcess, asked: AskedLog) -> None:
    async def visit() -> None:
        async with tab_of(app) as first:
            await first.run()
            await first.submit_chat("@script tokens=150 rate=50\nreloaded")
            await first.wait_for(lambda: words(12) in first.text)
            assert first.query_string.startswith("w=")
            async with tab_of(app, first, query=first.query_string) as reloaded, tab_of(app, first) as another:
                for tab in (reloaded, another):
                    await tab.rerun()
                    await tab.wait_for(lambda tab=tab: words(12) in tab.text)  # type: ignore[misc]
                    assert ":green-badge[completed]" not in tab.text
                    assert tab.query_string == first.query_string
                for tab in (first, reloaded, another):
                    await tab.wait_finished(ACTS_S)
                    assert words(150) in tab.text
                    assert ":green-badge[completed]" in tab.text
                    assert not problems(tab)
        assert len(asked.entries("reloaded")) == 1

    asyncio.run(visit())


def test_it_goes_on_while_no_tab_is_open(app: AppProcess, asked: AskedLog) -> None:
    async def visit() -> None:
        async with tab_of(app) as first:
            await first.run()
            await first.submit_chat("@script tokens=60 rate=40\nclosed")
            await first.wait_for(lambda: words(9) in first.text)
        await asyncio.to_thread(asked.wait, "closed", "ended_ns")
        async with tab_of(app, first) as later:
            await later.run()
            assert words(60) in later.text
            assert ":green-badge[completed]" in later.text
            assert not problems(later)

    asyncio.run(visit())


def test_two_tabs_do_not_overwrite_each_others_turns_and_settings(app: AppProcess, asked: AskedLog) -> None:
    async def visit() -> None:
        async with tab_of(app) as one, tab_of(app, one) as other:
            await one.run()
            await one.submit_chat("@script text=answer-nought rate=0\nzeroth")
            await one.wait_finished()
            await other.run()
            assert "answer-nought" in other.text
            await one.open("settings-1")
            await other.open("settings-1")
            await one.submit_chat("@script text=answer-one rate=0\nfirstly")
            await one.wait_finished()
            # The other tab has not seen that turn.
            assert "answer-one" not in other.text
            await other.submit_chat("@script text=answer-two rate=0\nsecondly")
            await other.wait_finished()
            sent = asked.entries("secondly")[-1]["body"]["messages"]
            assert [message["content"] for message in sent][1::2] == ["answer-nought", "answer-one"]
            await one.set_value(one.find_widget("number_input", "temperature-1"), 0.25)
            await one.wait_finished()
            await other.set_value(other.find_widget("text_area", "system-1"), "Be brief.")
            await other.wait_finished()
            await one.submit_chat("@script text=answer-three rate=0\nthirdly")
            await one.wait_finished()
            [entry] = asked.entries("thirdly")
            assert entry["body"]["temperature"] == 0.25
            assert entry["body"]["messages"][0] == {"role": "system", "content": "Be brief."}
            async with tab_of(app, one) as third:
                await third.run()
                assert all(f"answer-{name}" in third.text for name in ("nought", "one", "two", "three"))
                assert not problems(one) + problems(other) + problems(third)

    asyncio.run(visit())


def test_tabs_of_another_browser_have_a_workbench_of_their_own(app: AppProcess) -> None:
    async def visit() -> None:
        async with tab_of(app) as mine:
            await mine.run()
            await mine.submit_chat("@script text=secret-answer rate=0")
            await mine.wait_finished()
            async with tab_of(app, query=mine.query_string) as theirs:
                await theirs.run()
                assert "secret-answer" not in theirs.text
                await theirs.submit_chat("@script text=their-answer rate=0")
                await theirs.wait_finished()
                assert theirs.query_string != mine.query_string
            await mine.run()
            assert "their-answer" not in mine.text

    asyncio.run(visit())


def test_a_run_that_is_still_running_is_gone_on_with_from_the_history(app: AppProcess, asked: AskedLog) -> None:
    async def visit() -> None:
        async with tab_of(app) as first:
            await first.run()
            await first.submit_chat("@script tokens=400 rate=50\nbittern")
            await first.wait_for(lambda: words(12) in first.text)
            async with tab_of(app, first, path="/history") as tab:
                await tab.run()
                await tab.set_value(tab.find_widget("expandable", "history_reading"), True)
                await tab.wait_for(lambda: "(?run=" in tab.text)
                tab.query_string = "run=" + tab.text.split("(?run=")[1].split(")")[0]
                await tab.rerun()
                await tab.click(await tab.wait_for_widget("button", "history_continue"))
                await tab.wait_for(lambda: tab.path == "/playground" and words(24) in tab.text)
                # It is the same run, which keeps running here as there.
                assert ":green-badge[completed]" not in tab.text
                await tab.wait_for_widget("button", "stop")
                await tab.wait_finished(ACTS_S)
                assert words(400) in tab.text
                assert ":green-badge[completed]" in tab.text
                assert tab.query_string != first.query_string
                # Its script has ended with it: nothing more is sent. The session's new state follows the script's end,
                # so what another tab is answered meanwhile is waited for first.
                await first.wait_finished()
                await first.run()
                received = tab.messages_received
                await first.run()
                assert tab.messages_received == received
                assert not problems(tab)
        [entry] = asked.entries("bittern")
        assert entry["closed_by_client_ns"] is None

    asyncio.run(visit())


def test_after_a_kill_six_answers_are_there_as_interrupted_with_their_text(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    environment = {
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
        "GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path / "data"),
    }

    async def ask(app: AppProcess) -> BrowserSession:
        first = tab_of(app, query=SIX)
        await first.connect()
        await first.run()
        await first.submit_chat("@script text=ended-before rate=0")
        await first.wait_finished()
        await first.submit_chat("@script tokens=4000 rate=20\nkilled")
        await first.wait_for(lambda: first.text.count(words(12)) == 6)
        await first.submit_chat("wait for it, with {{a variable}}")
        # What is stored is at most two seconds old.
        await first.wait_for(lambda: first.text.count(words(100)) == 6, ACTS_S)
        app.kill()
        await first.close()
        return first

    async def look(app: AppProcess, first: BrowserSession) -> None:
        async with tab_of(app, first, query=first.query_string) as tab:
            await tab.run()
            assert tab.query_string == first.query_string
            assert models(tab) == list(MODELS)
            assert tab.text.splitlines().count("ended-before") == 6
            assert tab.text.count(":gray-badge[interrupted]") == 6
            assert tab.text.count(words(40)) == 6
            drafts = [widget.text for widget in tab.widgets("text_area") if (widget.key or "").startswith("draft-text")]
            assert drafts == ["wait for it, with {{a variable}}"]
            await tab.submit_chat("@script text=onward rate=0")
            await tab.wait_finished()
            assert tab.text.splitlines().count("onward") == 6
            assert not problems(tab)

    with serve(tmp_path, environment) as app:
        first = asyncio.run(ask(app))
    with serve(tmp_path, environment) as app:
        asyncio.run(look(app, first))


def test_a_reload_in_the_middle_of_six_lanes_goes_on_in_all(app: AppProcess, asked: AskedLog) -> None:
    async def visit() -> None:
        async with tab_of(app, query=SIX) as first:
            await first.run()
            await first.submit_chat("@script tokens=300 rate=40\nsix-reloaded")
            await first.wait_for(lambda: first.text.count(words(12)) == 6, ACTS_S)
        async with tab_of(app, first, query=first.query_string) as reloaded:
            await reloaded.rerun()
            await reloaded.wait_for(lambda: reloaded.text.count(words(12)) == 6, ACTS_S)
            assert ":green-badge[completed]" not in reloaded.text
            assert models(reloaded) == list(MODELS)
            await reloaded.wait_finished(2 * ACTS_S)
            assert reloaded.text.count(words(300)) == 6
            assert reloaded.text.count(":green-badge[completed]") == 6
            assert not problems(reloaded)
        entries = asked.entries("six-reloaded")
        assert len(entries) == 6
        assert not [entry for entry in entries if entry["closed_by_client_ns"]]

    asyncio.run(visit())
