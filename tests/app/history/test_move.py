"""Moving a history to another browser, on the page; and what the page says of how long it is kept."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.app.conftest import Configure
from tests.app.playground_page import Playground

OpenPage = Callable[..., AppTest]


def texts(at: AppTest) -> str:
    parts = [*at.markdown, *at.text, *at.caption, *at.success, *at.warning, *at.error]
    return "\n".join(f"{getattr(part, 'title', '')} {part.value}" for part in parts)


def opened(at: AppTest) -> AppTest:
    """With the popover open, as a click opens it."""
    at.session_state["history_move"] = True
    return at.run()


def test_a_history_moves_to_the_browser_that_enters_the_code(in_sandbox: None, open_page: OpenPage) -> None:
    here, there = (open_page("pages/playground.py", owner=name) for name in ("here", "there"))
    Playground(here).script("tokens=30", "about herons")
    for at in (here, there):
        opened(at.switch_page("pages/history.py"))
    here.button(key="history_move_show").click().run()
    (code,) = [block.value for block in here.code]
    there.text_input(key="history_move_code").set_value("ABCD-EFGH-JKMN-PQRS").run()
    there.button(key="history_move_check").click().run()
    assert "This code moves nothing." in texts(there)
    there.text_input(key="history_move_code").set_value(code).run()
    there.button(key="history_move_check").click().run()
    assert "1 run, 1 workbench and the presets leave the other browser" in texts(there)
    assert not there.dataframe
    there.button(key="history_move_here").click().run()
    assert not there.exception
    assert "Moved here: 1 run, 1 workbench." in texts(there)
    assert len(there.dataframe[0].value) == 1
    here.run()
    assert not here.exception
    assert not here.dataframe
    bench = open_page("pages/playground.py", owner="there")
    assert "about herons" in texts(bench)


def test_a_move_that_is_cancelled_moves_nothing(in_sandbox: None, open_page: OpenPage) -> None:
    here, there = (open_page("pages/history.py", owner=name) for name in ("here", "there"))
    opened(here).button(key="history_move_show").click().run()
    opened(there).text_input(key="history_move_code").set_value(here.code[0].value).run()
    there.button(key="history_move_check").click().run()
    there.button(key="history_move_cancel").click().run()
    assert there.text_input(key="history_move_code").value == ""
    assert not [button for button in there.button if button.key == "history_move_here"]


def test_the_page_says_how_long_runs_are_kept(configure: Configure, in_sandbox: None, open_page: OpenPage) -> None:
    assert "removed for good" not in texts(open_page("pages/history.py"))
    configure(GLM_PLAYGROUND_KEEP_DAYS="30")
    assert "kept for 30 days, then removed for good" in texts(open_page("pages/history.py"))
