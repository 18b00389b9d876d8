"""The websocket client behaves like the frontend: checked against small Streamlit scripts on a live server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession

pytestmark = pytest.mark.slow

ENTRY = """
import streamlit as st
shared = st.sidebar.text_input("Shared", key="shared")
st.caption(f"shared={shared}")
st.navigation([
    st.Page("first.py", title="First", default=True),
    st.Page("second.py", title="Second", url_path="second"),
    st.Page("slow.py", title="Slow", url_path="slow"),
]).run()
"""

FIRST = """
import streamlit as st
st.header("First page")
st.session_state.setdefault("clicks", 0)
if st.button("Count", key="count"):
    st.session_state.clicks += 1
st.text(f"clicks={st.session_state.clicks}")
st.text(f"language {st.context.locale} {st.context.headers['Accept-Language']} {st.context.timezone}")
st.markdown("much " * 4000)
if st.button("Jump"):
    st.switch_page("second.py")
with st.form("form"):
    colour = st.selectbox("Colour", ["red", "green"])
    size = st.slider("Size", 0, 10, 3)
    st.form_submit_button("Send")
st.text(f"form={colour},{size}")
extra = st.toggle("Extra")
if extra:
    st.text("extra shown")
st.query_params.update({"extra": str(extra)})

@st.fragment
def part():
    st.button("Again", key="again")
    st.session_state["parts"] = st.session_state.get("parts", 0) + 1
    st.text(f"parts={st.session_state.parts}")

part()
"""

SECOND = """
import streamlit as st
st.header("Second page")
if prompt := st.chat_input("Say"):
    with st.chat_message("user"):
        st.markdown(prompt)
    with st.chat_message("assistant"):
        place, text = st.empty(), ""
        for number in range(20):
            text += f"word{number} "
            place.markdown(text)
        st.markdown(f"end of {prompt}")
if st.button("Fail"):
    raise ValueError("on purpose")
"""

# Draws for as long as nobody stops it. The pause is the page's, so that it does not fill the connection; no test waits
# by it.
SLOW = """
import time
import streamlit as st
st.header("Slow page")
st.session_state.setdefault("stopped", 0)
def stop():
    st.session_state.stopped += 1
st.text(f"stopped={st.session_state.stopped}")
if st.button("Stop", on_click=stop):
    st.stop()
place = st.empty()
for step in range(10_000):
    place.markdown(f"step {step}")
    time.sleep(0.01)
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    folder: Path = tmp_path_factory.mktemp("app")
    for name, source in {"entry": ENTRY, "first": FIRST, "second": SECOND, "slow": SLOW}.items():
        (folder / f"{name}.py").write_text(source)
    with AppProcess(folder / "entry.py", options={"server.fileWatcherType": "none"}) as process:
        yield process


def in_tab(
    app: AppProcess, path: str, act: Callable[[BrowserSession], Awaitable[None]], language: str = "en-US"
) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path=path, language=language) as tab:
            await tab.run()
            await act(tab)

    asyncio.run(visit())


def test_a_click_reruns_the_script_once(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        assert "First page" in tab.text
        assert "clicks=0" in tab.text
        await tab.click(tab.find_button("count"))
        await tab.wait_finished()
        assert "clicks=1" in tab.text
        assert "clicks=0" not in tab.text
        await tab.run()
        assert "clicks=1" in tab.text

    in_tab(app, "/", act)


def test_language_and_timezone_reach_the_script(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        assert "language pt-BR pt-BR UTC" in tab.text

    in_tab(app, "/", act, language="pt-BR")


def test_a_large_element_is_sent_once(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        before = tab.bytes_received
        assert before > 20_000
        await tab.run()
        assert tab.bytes_received - before < 20_000
        assert ("much " * 4000).strip() in tab.markdown_texts()
        assert len(tab.arrivals) == tab.messages_received
        assert sum(size for _, size in tab.arrivals) == tab.bytes_received

    in_tab(app, "/", act)


def test_a_form_keeps_its_values_until_it_is_sent(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.set_value(tab.find_widget("selectbox", "Colour"), "green")
        await tab.set_value(tab.find_widget("slider", "Size"), 7)
        assert tab.finished
        await tab.click(tab.find_button("Send"))
        await tab.wait_finished()
        assert "form=green,7" in tab.text

    in_tab(app, "/", act)


def test_what_a_run_no_longer_draws_goes(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        for shown in (True, False):
            await tab.set_value(tab.find_widget("checkbox", "Extra"), shown)
            await tab.wait_finished()
            assert ("extra shown" in tab.text) is shown
            assert tab.query_string == f"extra={shown}"

    in_tab(app, "/", act)


def test_a_fragment_runs_alone(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        whole = tab.text
        await tab.click(tab.find_button("again"))
        await tab.wait_finished()
        assert tab.text == whole.replace("parts=1", "parts=2")

    in_tab(app, "/", act)


def test_pages_by_path_by_menu_and_by_switch_page(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        assert "Second page" in tab.text
        await tab.set_value(tab.find_widget("text_input", "shared"), "kept")
        await tab.wait_finished()
        await tab.go_to("/")
        await tab.wait_finished()
        assert tab.path == "/"
        assert "First page" in tab.text
        assert "Second page" not in tab.text
        assert "shared=kept" in tab.text
        await tab.click(tab.find_button("Jump"))
        await tab.wait_finished()
        assert tab.path == "/second"
        assert "Second page" in tab.text
        assert "First page" not in tab.text

    in_tab(app, "/second", act)


def test_an_unknown_path_is_told(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        assert tab.page_not_found
        assert "First page" in tab.text

    in_tab(app, "/nowhere", act)


@pytest.mark.parametrize("keep_tree", [True, False])
def test_a_chat_streams_and_stamps_its_end(app: AppProcess, keep_tree: bool) -> None:
    async def act(tab: BrowserSession) -> None:
        tab.keep_tree = keep_tree
        tab.look_for("end of marker-1")
        sent = time.perf_counter_ns()
        await tab.submit_chat("marker-1")
        seen = await tab.wait_seen("end of marker-1")
        assert sent < seen < time.perf_counter_ns()
        assert seen in [when for when, _ in tab.arrivals]
        await tab.wait_finished()
        assert ("word0 word1 " in tab.text) is keep_tree
        tab.keep_tree = True
        await tab.run()
        assert "Second page" in tab.text
        assert "marker-1" not in tab.text

    in_tab(app, "/second", act)


def test_an_exception_on_the_page_is_reported(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.click(tab.find_button("Fail"))
        await tab.wait_finished()
        assert tab.exceptions() == ["ValueError: on purpose"]

    in_tab(app, "/second", act)


def test_a_click_interrupts_a_running_script(app: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/slow") as tab:
            await tab.rerun()
            await tab.wait_for(lambda: "step 5" in tab.text)
            assert not tab.finished
            with pytest.raises(TimeoutError, match="Slow page"):
                await tab.wait_finished(timeout=0.05)
            await tab.click(await tab.wait_for_widget("button", "Stop"))
            await tab.wait_finished()
            assert "stopped=1" in tab.text
            await tab.rerun()
            await tab.wait_for(lambda: "step 1" in tab.text)
            await tab.stop_script()
            await tab.wait_finished()

    asyncio.run(visit())


@pytest.mark.parametrize("path", ["/", "/slow"])
def test_a_dropped_tab_comes_back_as_the_same_session(app: AppProcess, path: str) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path=path) as tab:
            await tab.rerun()
            button = await tab.wait_for_widget("button", "Count" if path == "/" else "Stop")
            await tab.click(button)
            await tab.wait_finished()
            if path == "/slow":
                await tab.rerun()
                await tab.wait_for(lambda: "step 2" in tab.text)
            session_id = tab.session_id
            await tab.drop()
            before = tab.messages_received
            with pytest.raises(ConnectionError):
                await tab.wait_for(lambda: False, timeout=1)
            await tab.reconnect()
            if path == "/":
                await tab.run()
                assert "clicks=1" in tab.text
            else:
                await tab.wait_for(lambda: tab.messages_received > before and "step 2" in tab.text)
                assert "stopped=1" in tab.text
            assert tab.session_id == session_id

    asyncio.run(visit())


def test_two_tabs_are_two_sessions(app: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url) as one, BrowserSession(app.base_url) as other:
            await asyncio.gather(one.run(), other.run())
            await one.click(one.find_button("count"))
            await one.wait_finished()
            await other.run()
            assert "clicks=1" in one.text
            assert "clicks=0" in other.text
            assert one.session_id != other.session_id

    asyncio.run(visit())


def test_an_app_that_cannot_start_shows_its_output(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"missing\.py"):
        AppProcess(tmp_path / "missing.py").start()


def test_a_closed_app_is_gone(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text("import streamlit as st\nst.text('hi')\n")
    with AppProcess(tmp_path / "page.py") as process:
        in_tab(process, "/", lambda tab: tab.wait_for(lambda: "hi" in tab.text))
        pid = process.pid
    assert not Path(f"/proc/{pid}").exists()
    process.close()
