"""Several models side by side in a real browser: lanes, forks, links, files, variables, a phone."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, Tab
from tests.browser.test_look import findings
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow

TWO = "/playground?lane=glm-5.1&lane=glm-4.5%3Btemperature%3D0.5"


def ask_all(tab: Tab, text: str) -> None:
    box = tab.page.get_by_role("textbox", name="Ask the models")
    box.fill(text)
    box.press("Enter")


def completed(tab: Tab, count: int) -> None:
    answers = tab.page.get_by_label("Chat message from assistant")
    expect(answers.get_by_text("completed", exact=True)).to_have_count(count)
    tab.settled()


def choose(tab: Tab, menu: str, option: str, index: int = 0) -> None:
    tab.button(menu).nth(index).click()
    tab.page.get_by_role("menuitem", name=option, exact=True).click()


def test_a_second_model_beside_the_first(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.button("Add a model").click()
    tab.settled()
    ask_all(tab, "@script tokens=60 rate=200")
    completed(tab, 2)
    left, right = tab.page.get_by_label("Chat message from assistant").all()
    first, second = left.bounding_box(), right.bounding_box()
    assert first
    assert second
    assert first["x"] + first["width"] <= second["x"]
    expect(tab.page.get_by_text("finished first")).to_be_visible()


def test_a_link_brings_models_and_settings_and_no_prompt(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, TWO)
    expect(tab.page.get_by_text("differs: temperature")).to_be_visible()
    ask_all(tab, "@script text=secret-answer rate=0 key=secret-prompt")
    completed(tab, 2)
    tab.button("Share").click()
    link = tab.page.get_by_text("/playground?lane=").inner_text()
    assert "secret" not in link
    other = open_tab(scripted_app, "/playground" + link.partition("/playground")[2])
    expect(other.page.get_by_text("differs: temperature")).to_be_visible()
    expect(other.page.get_by_label("Chat message from user")).to_have_count(0)


def test_a_link_brings_order_and_repeats(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, f"{TWO}&order=one&repeats=2")
    tab.button("Share").click()
    link = tab.page.get_by_text("/playground?lane=").inner_text()
    assert link.endswith("&order=one&repeats=2")
    tab.button("Options").click()
    expect(tab.page.get_by_role("radio", name="one by one")).to_be_checked()
    expect(tab.page.get_by_role("spinbutton", name="Runs per lane (1 to 5)")).to_have_value("2")


@pytest.mark.parametrize("width", [1280, 390])
def test_six_lanes_are_tabs_whose_names_stay_in_view(scripted_app: AppProcess, open_tab: OpenTab, width: int) -> None:
    ids = ("glm-5.3", "glm-5.2", "glm-5.1", "glm-5", "glm-4.7", "glm-4.6")
    tab = open_tab(
        scripted_app, "/playground?" + "&".join(f"lane={id}" for id in ids), viewport={"width": width, "height": 800}
    )
    ask_all(tab, "@script tokens=400 rate=0")
    expect(tab.page.get_by_text("completed", exact=True).first).to_be_visible()
    tab.settled()
    names = tab.page.get_by_role("tablist").first
    expect(names.get_by_role("tab")).to_have_text([f"{place}. {id}" for place, id in enumerate(ids, 1)])
    main = tab.page.locator("main")
    assert main.evaluate("main => { main.scrollTop = 1e6; return main.scrollTop }") > 0
    expect(names).to_be_in_viewport()
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    # What identifies a run is for who looks for it.
    expect(tab.page.get_by_text(re.compile("chatcmpl"))).to_have_count(0)


def test_lane_names_stay_in_view_above_columns(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, TWO)
    ask_all(tab, "@script tokens=400 rate=0")
    completed(tab, 2)
    main = tab.page.locator("main")
    assert main.evaluate("main => { main.scrollTop = 1e6; return main.scrollTop }") > 300
    # The prompt, which stood below the names, has gone above them.
    expect(tab.page.get_by_label("Chat message from user")).not_to_be_in_viewport()
    names = tab.page.get_by_role("combobox", name="Model")
    expect(names).to_have_count(2)
    for name, model in zip(names.all(), ("glm-5.1", "glm-4.5"), strict=True):
        expect(name).to_be_in_viewport(ratio=1)
        expect(name).to_have_value(model)
        # No answer is drawn over it.
        box = name.bounding_box()
        assert box
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert name.evaluate("(name, [x, y]) => name.parentElement.contains(document.elementFromPoint(x, y))", middle)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_narrow_window_names_the_model_of_each_answer(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground?lane=glm-5.1&lane=glm-4.5", viewport={"width": 390, "height": 800})
    ask_all(tab, "@script text=done rate=0")
    completed(tab, 2)
    answers = tab.page.get_by_label("Chat message from assistant")
    for answer, model in zip(answers.all(), ("glm-5.1", "glm-4.5"), strict=True):
        expect(answer.get_by_text(model, exact=True)).to_be_visible()
    # The heads of the lanes, below one another here, scroll away.
    expect(tab.button("Settings").first).not_to_be_in_viewport()
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_edited_prompt_forks_and_the_old_branch_stays(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script text=first-answer rate=0")
    tab.finished()
    choose(tab, "More", "Edit the prompt")
    editor = tab.page.get_by_role("textbox", name="Text")
    expect(editor).to_have_value("@script text=first-answer rate=0")
    editor.fill("@script text=second-answer rate=0")
    tab.button("Send the edited prompt").click()
    expect(tab.answer.get_by_text("second-answer")).to_be_visible()
    tab.finished()
    expect(tab.page.get_by_text("Prompt 2 of 2")).to_be_visible()
    tab.button("Earlier").first.click()
    expect(tab.answer.get_by_text("first-answer")).to_be_visible()


def test_variables_are_asked_for_before_anything_is_sent(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script text=done rate=0\nTranslate {{word}}")
    expect(tab.page.get_by_text("Not sent yet.")).to_be_visible()
    tab.button("Send").click()
    expect(tab.page.get_by_text("Fill in word, or send the prompt as it is.")).to_be_visible()
    expect(tab.page.get_by_label("Chat message from user")).to_have_count(0)
    field = tab.page.get_by_role("textbox", name="word", exact=True)
    field.fill("casa")
    field.press("Tab")
    tab.settled()
    tab.button("Send").click()
    tab.finished()
    expect(tab.page.get_by_label("Chat message from user")).to_contain_text("Translate casa")


def test_a_file_is_attached_and_one_that_is_no_text_is_not(
    scripted_app: AppProcess, open_tab: OpenTab, tmp_path: Path
) -> None:
    table, picture = tmp_path / "table.csv", tmp_path / "picture.txt"
    table.write_text("a,b\n1,2\n")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    tab = open_tab(scripted_app, "/playground")
    tab.attach(picture)
    tab.ask("keep this text")
    expect(tab.page.get_by_text("Not every file was attached.")).to_contain_text("It is no PNG, JPEG, WebP or GIF")
    expect(tab.page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value("keep this text")
    tab.attach(table)
    tab.ask("@script text=summed rate=0")
    tab.finished()
    expect(tab.page.get_by_label("Chat message from user")).to_contain_text("table.csv (about")


def test_a_phone_has_tabs(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(
        scripted_app,
        TWO,
        viewport={"width": 390, "height": 800},
        has_touch=True,
        is_mobile=True,
        user_agent="Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36",
    )
    ask_all(tab, "@script tokens=40 rate=100")
    second = tab.page.get_by_role("tab", name="2. glm-4.5")
    expect(tab.page.get_by_role("tab")).to_have_count(2)
    second.tap()
    expect(tab.page.get_by_label("Chat message from assistant").last.get_by_text("completed")).to_be_visible()
    assert tab.page.evaluate("document.querySelector('main').scrollWidth <= innerWidth")


def test_text_runs_in_its_own_direction(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    text = "مرحبا بالعالم\n\n你好，世界 🌍\n\nplain"
    tab.ask(f"@script text={quote(text)} rate=0")
    tab.finished()
    arabic = tab.answer.get_by_text("مرحبا")
    expect(arabic).to_have_css("unicode-bidi", "plaintext")
    # It begins at the right: its last pixels are those of the column.
    box, words = (
        arabic.bounding_box(),
        arabic.evaluate(
            "element => { const range = document.createRange(); range.selectNodeContents(element);"
            " return range.getBoundingClientRect().right; }"
        ),
    )
    assert box
    assert abs(box["x"] + box["width"] - words) < 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_of_ours_with_lanes(scripted_app: AppProcess, open_tab: OpenTab, theme: str) -> None:
    tab = open_tab(scripted_app, TWO, color_scheme=theme)
    ask_all(tab, "@script tokens=60 rate=200 reasoning=10")
    completed(tab, 2)
    assert findings(tab) == []
    for opened, content in (
        ("Options", "Runs per"),
        ("Saved", "Name of this workbench"),
        ("Share", "Link to these models"),
    ):
        tab.button(opened).click()
        expect(tab.page.get_by_text(re.compile(content)).first).to_be_visible()
        tab.settled()
        assert findings(tab) == [], opened
        tab.page.keyboard.press("Escape")
    ask_all(tab, "Say {{this}}")
    expect(tab.page.get_by_text("Not sent yet.")).to_be_visible()
    assert findings(tab) == []
