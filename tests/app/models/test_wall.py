"""The wall of the models page: its cards, filters, and order."""

from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import APP, wait_for_answers
from tests.app.drawn_text import links
from tests.app.models_page import CATALOG, at_address, cards, run, text


@pytest.fixture
def wall(in_sandbox: None) -> AppTest:
    return at_address()


class TestWall:
    def test_every_model_has_a_card_that_leads_to_its_page(self, wall: AppTest) -> None:
        [choose] = wall.get("page_link")
        assert choose.proto.label == "Help me choose"
        found = {text: address for text, address in links(wall).items() if text.startswith("Open ")}
        assert found == {f"Open {card.name}": f"/?id={card.id}" for card in CATALOG.cards}

    def test_a_card_says_first_what_the_model_is_and_is_for(self, wall: AppTest) -> None:
        turbo = next(card for card in cards(wall) if card.startswith("#### GLM-5-Turbo"))
        assert ":gray-badge[Delisted]" in turbo
        assert "Best for “Faster GLM chat” RunAPI" in turbo
        flash = next(card for card in cards(wall) if card.startswith("#### GLM-4.6V-Flash\n"))
        assert ":gray-badge[Open weights] :green-badge[Free] :gray-badge[Vision]" in flash

    def test_order(self, wall: AppTest) -> None:
        def first() -> str:
            run(wall)
            return next(iter(links(wall).values()))

        assert first() == "/?id=glm-5.3-flash"
        wall.session_state["wall_filters"] = True
        run(wall)
        for value, expected in (("price", "4.7-flash"), ("context", "5.3-flash"), ("name", "4-32b-0414-128k")):
            wall.selectbox(key="wall_order").set_value(value)
            assert first() == f"/?id=glm-{expected}"

    def test_models_are_picked_to_be_compared(self, wall: AppTest) -> None:
        assert not wall.checkbox
        wall.button(key="wall_pick").click()
        run(wall)
        for model in ("glm-5.3", "glm-4.5"):
            wall.checkbox(key=f"wall_pick-{model}").check()
        run(wall)
        [link] = [link.proto for link in wall.get("page_link") if link.proto.label.startswith("Compare selected")]
        assert link.label == "Compare selected (2)"
        assert link.query_string == "ids=glm-5.3%2Cglm-4.5"
        # What is searched for takes nothing from what was picked.
        wall.text_input(key="wall_search").set_value("glm-4.7")
        run(wall)
        assert any(link.proto.label == "Compare selected (2)" for link in wall.get("page_link"))

    def test_the_first_run_draws_what_is_seen_at_once(self, in_sandbox: None) -> None:
        run(AppTest.from_file(APP, default_timeout=10))
        # A live answer that comes while a page is drawn has it drawn again, whole.
        wait_for_answers()
        at = AppTest.from_file(APP, default_timeout=10)
        run(at)
        assert len(cards(at)) == 8
        run(at)
        assert len(cards(at)) == len(CATALOG)

    def test_unknown_stays_unknown(self, wall: AppTest) -> None:
        turbo = next(card for card in cards(wall) if "proprietary" in card)
        assert "Size **unknown**" in turbo

    def test_search_and_filters(self, wall: AppTest) -> None:
        def shown() -> set[str]:
            run(wall)
            return {text.removeprefix("Open ") for text in links(wall) if text.startswith("Open ")}

        wall.text_input(key="wall_search").set_value("4.5")
        assert shown() == {"GLM-4.5", "GLM-4.5-Air", "GLM-4.5V"}
        wall.text_input(key="wall_search").set_value("")
        wall.session_state["wall_filters"] = True
        run(wall)
        wall.selectbox(key="wall_context").set_value(1_000_000)
        wall.multiselect(key="wall_capabilities").set_value(["images"])
        assert shown() == {"GLM-5.3-Flash", "GLM-5.4"}
        wall.session_state["wall_filters"] = False
        assert shown() == {"GLM-5.3-Flash", "GLM-5.4"}
        assert not wall.multiselect
        wall.session_state["wall_status"] = "listed"
        # A price of nothing is a filter too.
        wall.session_state["wall_price"] = Decimal(0)
        assert shown() == set()
        assert "No model fits" in text(wall)
        assert "0 models" in text(wall)
        assert "4 filters set" in text(wall)

    def test_the_way_into_the_playground(self, wall: AppTest) -> None:
        [button] = [button for button in wall.button if "Open the playground" in button.label]
        assert button.proto.type == "primary"
        button.click()
        run(wall)
        assert wall.chat_input

    def test_a_card_opens_the_playground_with_its_model(self, wall: AppTest) -> None:
        [card] = [card for card in cards(wall) if "(</playground?model=glm-4.6>)" in card]
        assert card.startswith("#### GLM-4.6\n")
