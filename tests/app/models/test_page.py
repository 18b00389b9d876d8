"""The models page: the wall, a model's own page, and what it says when something is missing."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr
from streamlit.testing.v1 import AppTest

from glm_playground.catalog import Catalog, ModelCard, RejectedFile, load_catalog
from glm_playground.gateway import Gateway, Gateways
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import runtime
from glm_playground.ui.shared.fact_view import CLAIMS_OF
from glm_playground.ui.shared.navigation import MODELS
from tests.app.conftest import APP, wait_for_answers
from tests.app.drawn_text import drawn_texts, html_texts, links
from tests.app.own_runs import keep_own, own_run
from tests.loopback import CannedServer, answer

CATALOG = load_catalog()
ON_RUNAPI = [card.id for card in CATALOG.listed_on("runapi")]
EIGHT_ROWS = {
    "model_id": "Model ID",
    "provider": "Provider",
    "modality": "Modality",
    "task_type": "Task type",
    "billing": "Billing",
    "endpoint": "Endpoint",
    "commercial": "Commercial use",
    "status": "Status, advertised",
}

Open = Callable[..., AppTest]


def at_address(**query: str) -> AppTest:
    """The app opened at `/?...`, with everything the gateway says read."""
    at = AppTest.from_file(APP, default_timeout=10)
    at.context = {"locale": "en-US"}
    at.query_params = dict(query)
    run(at)
    wait_for_answers()
    run(at)
    return at


def run(at: AppTest) -> None:
    at.run()
    assert not at.exception


def text(at: AppTest) -> str:
    """Everything readable on the page."""
    alerts = [f"{alert.proto.title}\n{alert.value}" for alert in (*at.error, *at.warning, *at.info)]
    values = [*(element.value for element in (*at.subheader, *at.caption, *at.code)), *drawn_texts(at)]
    labels = [element.label for element in (*at.button, *at.expander)]
    pages = [element.proto.label for element in at.get("page_link")]
    return "\n".join([*values, *alerts, *labels, *pages])


def cards(at: AppTest) -> list[str]:
    """The cards of the wall."""
    return [text for text in html_texts(at) if text.startswith("#### ")]


def cells(at: AppTest, label: str) -> list[str]:
    """What stands beside a label in the first table that has it."""
    lines = (line for shown in drawn_texts(at) for line in shown.splitlines())
    found = next((line for line in lines if line.startswith(f"| {label} |")), None)
    return found.removeprefix("| ").removesuffix(" |").split(" | ")[1:] if found else []


def claims(at: AppTest, key: str) -> str:
    """What the drawer shows behind the value of that row."""
    at.session_state[CLAIMS_OF] = key
    at.button(key="claims").click()
    run(at)
    [drawer] = at.get("dialog")
    assert drawer.selectbox[0].value == key
    shown = "\n".join(element.value for element in drawer.markdown)
    run(at)
    assert not at.get("dialog")
    return shown


@pytest.fixture
def wall(in_sandbox: None) -> AppTest:
    return at_address()


@pytest.fixture
def glm_51(in_sandbox: None) -> AppTest:
    return at_address(id="glm-5.1", tab="print")


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


class TestSheet:
    @pytest.mark.parametrize("model", ON_RUNAPI)
    def test_the_eight_rows_of_runapis_page(self, in_sandbox: None, model: str) -> None:
        at = at_address(id=model)
        facts = CATALOG[model].gateway("runapi")
        assert facts
        for key, label in EIGHT_ROWS.items():
            value = getattr(facts, key).value
            said, source = cells(at, label)
            assert (value or "unknown") in said.replace("\\", "")
            assert source.startswith("RunAPI") == (value is not None)

    @pytest.mark.slow
    @pytest.mark.parametrize("card", CATALOG.cards, ids=lambda card: card.id)
    def test_every_model_has_a_page_and_every_value_opens(self, in_sandbox: None, card: ModelCard) -> None:
        at = at_address(id=card.id)
        assert at.subheader[0].value == card.name
        at.button(key="claims").click()
        run(at)
        [drawer] = at.get("dialog")
        options = drawer.selectbox[0].options
        assert len(options) > 80
        # A list of options knows them by their names.
        assert len(set(options)) == len(options)
        run(at)
        for key, entry in (("license", card.facts.license), ("context_tokens", card.facts.context_tokens)):
            shown = claims(at, key)
            for claim in entry.claims:
                url = CATALOG.sources[claim.source].url
                assert url is None or url in shown

    def test_claims_come_with_link_date_kind_the_others_and_the_reason(self, glm_51: AppTest) -> None:
        shown = claims(glm_51, "context_tokens")
        assert "Why this value: Z\\.ai documents 200K" in shown
        assert shown.count("\n| ") == 1 + 4
        assert "| **200,000 tokens** | [Z\\.ai](<https://docs.z.ai/guides/llm/glm-5.1>)" in shown
        assert "third party, Nov 23, 2026" in shown

    def test_prices_stand_side_by_side(self, glm_51: AppTest) -> None:
        assert cells(glm_51, "Input") == ["unknown", "\\$1.40", "\\$0.90"]
        assert cells(glm_51, "Headline, per 1K")[0] == "\\$0.030"
        assert ":orange[play money]" in text(glm_51)
        assert "play money of the sandbox, not a price of RunAPI" in claims(glm_51, "price.input.2").replace("\\", "")

    def test_status_has_three_claims(self, glm_51: AppTest) -> None:
        assert cells(glm_51, "Status, advertised")[0] == "Operational"
        assert cells(glm_51, "Status, now")[0] == "listed now"
        assert cells(glm_51, "Status, our runs")[0] == "no runs since the app started"
        assert "/v1/models" in claims(glm_51, "live.listed")

    def test_scores_disagreements_and_folded_facts(self, glm_51: AppTest) -> None:
        shown = text(glm_51)
        assert "| HLE :small[:gray[with tools]] | 52.3% |" in shown
        assert "Sources disagree in 12 things." in shown
        assert cells(glm_51, "Layers")[0] == "78"

    def test_scores_are_numbers_of_the_language(self, in_sandbox: None) -> None:
        at = at_address(id="glm-5.1", tab="scores")
        assert cells(at, "Vending Bench 2")[0] == "\\$5,634.41"
        at.button(key="language_button").click()
        run(at)
        assert cells(at, "AIME 2026")[0] == "95,3%"
        assert cells(at, "Vending Bench 2")[0] == "\\$5.634,41"

    def test_it_opens_with_five_figures_and_draws_one_tab(self, in_sandbox: None) -> None:
        at = at_address(id="glm-5.1")
        [figures] = [shown.splitlines()[-4:] for shown in html_texts(at) if "| Context | Output |" in shown]
        assert figures[0] == "| Context | Output | Price | Licence | Status |"
        assert "**200,000 tokens** | **131,072 tokens** | **$1.40 in, $4.40 out / 1M** | **MIT**" in figures[2]
        assert cells(at, "Provider")
        assert not cells(at, "Layers")
        assert not cells(at, "Input")

    def test_a_tab_has_an_address(self, in_sandbox: None) -> None:
        at = at_address(id="glm-5.1", tab="self-host")
        assert cells(at, "Layers")[0] == "78"
        assert at.query_params == {"id": "glm-5.1", "tab": "self-host"}
        # In another language it is the same tab.
        at.button(key="language_button").click()
        run(at)
        assert cells(at, "Camadas")[0] == "78"
        at = at_address(id="glm-5.1", tab="nonsense")
        assert cells(at, "Provider")
        assert at.query_params == {"id": "glm-5.1"}

    def test_portuguese_shows_the_same_values(self, in_sandbox: None) -> None:
        at = at_address(id="glm-5.1")
        at.button(key="language_button").click()
        run(at)
        assert "200.000" in text(at)
        assert cells(at, "Provedor")[0] == "Z.ai"


class TestUse:
    def test_the_quickstart_asks_this_model_the_users_prompt(self, glm_51: AppTest) -> None:
        glm_51.text_area(key="quickstart_prompt").set_value('say "hi"')
        run(glm_51)
        programs = [code.value for code in glm_51.code if "/v1" in code.value and not code.value.startswith("---")]
        assert len(programs) == 4
        assert all('say \\"hi\\"' in program for program in programs)
        assert all("RUNAPI_API_KEY" in program for program in programs)

    def test_a_key_is_on_no_page(self, at_gateway: None, sandbox: SandboxProcess) -> None:
        assert sandbox.key not in text(at_address(id="glm-5.1", tab="print"))

    def test_skill_steps_uses_and_questions(self, glm_51: AppTest) -> None:
        shown = text(glm_51)
        assert "npx skills add runapi-ai/glm -g" in shown
        assert "inferred: the command seen for RunAPI's other lines" in shown.replace("\\", "")
        assert "name: runapi-glm-5-1" in shown
        assert "4. Collect the output" in shown
        assert all(word in shown for word in ("**Chat**", "**Code**", "**Automation**"))
        assert "Do the ids change?" in shown

    def test_try_it_opens_the_playground_whatever_was_chosen_before(self, glm_51: AppTest) -> None:
        glm_51.session_state["model-1"] = "glm-4.5"
        glm_51.button(key="try").click()
        run(glm_51)
        assert glm_51.selectbox(key="model-1").value == "glm-5.1"


def test_each_configured_gateway_has_a_column_with_its_own_prices(
    configure: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "gateways.toml").write_text(
        '[[gateway]]\nname = "Plan A"\naddress = "http://127.0.0.1:9"\n'
        '[[gateway.model]]\nid = "glm-5.1"\ninput = 1\noutput = 3\n'
        '[[gateway]]\nname = "Plan B"\naddress = "http://127.0.0.1:9/b"\n'
        '[[gateway.model]]\nid = "glm-5.1"\ninput = 2\noutput = 4\ncached_input = 0.5\n'
        '[[gateway.model]]\nid = "glm-4.6"\ninput = 9\noutput = 9\n'
    )
    configure(GLM_PLAYGROUND_GATEWAYS=str(tmp_path / "gateways.toml"))
    at = at_address(id="glm-5.1", tab="prices")
    [head] = [line for line in text(at).splitlines() if line.startswith("| USD / 1M tokens |")]
    assert [cell.strip().split(" ")[0:2] for cell in head.split("|")[2:4]] == [["Plan", "A"], ["Plan", "B"]]
    assert cells(at, "Input") == ["\\$1.00", "\\$2.00", "unknown", "\\$1.40"]
    assert cells(at, "Cached input")[:2] == ["unknown", "\\$0.50"]
    # 2,000 tokens in and 500 out.
    assert cells(at, "Price at my workload") == ["\\$1\\.40", "\\$2\\.40", "unknown", "\\$2\\.00"]
    assert "Plan B (the operator's file)" in claims(at, "price.input.1").replace("\\", "")
    assert "$1.00 in, $3.00 out / 1M" in text(at)
    # Of the first that has a price, with its name.
    assert "Price **$1.00 in, $3.00 out / 1M** Plan A" in text(at_address())


class TestLive:
    """RunAPI itself answers: one body holds its price list and its models."""

    @pytest.fixture
    def runapi(self, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedServer]:
        row = {
            "model": "glm-5-turbo",
            "action": "chat_completion",
            "currency": "USD",
            "input_price_per_1m_cents": 70,
            "output_price_per_1m_cents": 200,
        }
        listing = {"as_of": "2026-11-24T08:00:00Z", "price_schedules": [row], "data": [{"id": "glm-5-turbo"}]}
        first = answer(200, listing, etag='"one"')
        with CannedServer(first, first, answer(304)) as server:
            configure(RUNAPI_BASE_URL=server.url, RUNAPI_API_KEY="test-key")
            gateway = Gateway("RunAPI", server.url, key=SecretStr("test-key"), failed_not_charged=True, seller="runapi")
            monkeypatch.setattr(runtime, "gateways", lambda: Gateways((gateway,)))
            yield server

    def test_the_price_read_now_is_laid_over_the_published_one(self, runapi: CannedServer) -> None:
        at = at_address(id="glm-5-turbo", tab="prices")
        # RunAPI and Z.ai, and no third.
        assert cells(at, "Input") == ["\\$0.70", "\\$1.20"]
        shown = claims(at, "price.input.0")
        assert "read from the gateway's own list" in shown.replace("\\", "")
        assert shown.index("\\$0.70 / 1M tokens**") < shown.index("\\$0.60 / 1M tokens |")
        assert f"{runapi.url}/api/v1/price_schedules" in shown
        assert "UTC" in shown

    def test_the_wall_shows_it_with_its_publisher(self, runapi: CannedServer) -> None:
        turbo = next(card for card in cards(at_address()) if "proprietary" in card)
        assert "Price **$0.70 in, $2.00 out / 1M** RunAPI" in turbo

    def test_what_it_does_not_list_is_said_to_be_so(self, runapi: CannedServer) -> None:
        assert cells(at_address(id="glm-5-turbo"), "Status, now")[0] == "listed now"
        at = at_address(id="glm-5.1", tab="print")
        assert cells(at, "Status, now")[0] == "not listed now"
        assert cells(at, "Input")[0] == "unknown"
        assert "has no price for this model" in text(at)

    def test_it_is_asked_once(self, runapi: CannedServer) -> None:
        at = at_address()
        run(at)
        assert sorted(asked.path for asked in runapi.asked) == ["/api/v1/price_schedules", "/v1/models"]

    def test_ten_minutes_later_it_is_asked_whether_anything_changed(self, runapi: CannedServer) -> None:
        at = at_address(id="glm-5-turbo", tab="prices")
        runtime._prices[runtime._place(runtime.gateways().first)].at -= runtime.FRESH_FOR_S
        run(at)
        runtime._prices[runtime._place(runtime.gateways().first)].answer.exception(timeout=10)
        run(at)
        assert [asked.headers.get("if-none-match") for asked in runapi.asked[2:]] == ['"one"']
        assert cells(at, "Input")[0] == "\\$0.70"


class TestAddress:
    def test_an_unknown_id_is_said_to_be_so_with_near_names(self, in_sandbox: None) -> None:
        at = at_address(id="glm-5.11")
        assert "There is no model of this id." in text(at)
        assert "id=glm-5.1" in [link.proto.query_string for link in at.get("page_link")]

    @pytest.mark.parametrize("model", ["zzz", "<b>x</b>|[a](b)", "x" * 5000, "\u202e:material/home:"])
    def test_any_id_is_safe(self, in_sandbox: None, model: str) -> None:
        at = at_address(id=model)
        assert "There is no model of this id." in text(at)
        assert "[a](b)" not in text(at)
        assert max(len(element.value) for element in at.markdown) < 1000

    def test_other_spellings_of_an_address(self, in_sandbox: None) -> None:
        assert at_address(id="GLM-5.1 ").subheader[0].value == "GLM-5.1"
        # What a button that goes to the playground leaves behind in the browser's history.
        at = at_address(model="glm-5.1")
        assert at.subheader[0].value == "GLM-5.1"
        assert at.query_params == {"id": "glm-5.1"}


class TestMissing:
    def test_refused_files_are_named(self, in_sandbox: None, monkeypatch: pytest.MonkeyPatch) -> None:
        refused = RejectedFile(file="glm-9.toml", key="facts.size_total", reason="wrong unit: 'GB'")
        broken = Catalog(cards=CATALOG.cards, sources=CATALOG.sources, gateways=CATALOG.gateways, rejected=(refused,))
        monkeypatch.setattr("glm_playground.catalog.load_catalog", lambda: broken)
        shown = text(at_address()).replace("\\", "")
        assert "glm-9.toml, facts.size_total: wrong unit: 'GB'" in shown

    def test_an_empty_catalogue_is_no_crash(self, in_sandbox: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("glm_playground.catalog.load_catalog", Catalog)
        assert "0 models" in text(at_address())

    @pytest.mark.parametrize(
        ("prices", "reason"),
        [
            (answer(200, {"price_schedules": 5}), "no price_schedules"),
            (answer(200, {"price_schedules": [{"model": "glm-5.1", "currency": "EUR"}]}), "EUR"),
            (answer(200, {"price_schedules": [{"model": "glm-77", "currency": "USD"}]}), "glm-77"),
            (answer(200, b"<html>"), "not JSON"),
            (answer(500, {"error": "out of order"}), "out of order"),
        ],
    )
    def test_a_bad_price_list_leaves_the_snapshot(
        self, configure: Callable[..., None], prices: bytes, reason: str
    ) -> None:
        with CannedServer(prices) as server:
            configure(RUNAPI_BASE_URL=server.url, RUNAPI_API_KEY="test-key")
            at = at_address(id="glm-5-turbo", tab="print")
            assert reason in text(at).replace("\\", "")
            assert cells(at, "Input")[0] == "\\$0.60"
            assert cells(at, "Status, now")[0] == "unknown"
            at_wall = at_address()
            assert reason in text(at_wall).replace("\\", "")

    def test_the_pages_file_is_where_the_links_lead(self) -> None:
        assert Path(MODELS).is_file()


def test_a_page_shows_what_my_own_runs_measured(in_sandbox: None, open_page: Callable[..., AppTest]) -> None:
    keep_own("me", *(own_run("glm-5.1", 10) for _ in range(3)), own_run("glm-5.1", 1, "small"))
    keep_own("somebody else", *(own_run("glm-5.1", 1) for _ in range(30)))
    said = text(open_page("pages/models.py", owner="me", id="glm-5.1", tab="measured"))
    assert "| 90 days | 3 | 100.0% | 0.0% | 0.01 s (n 3) | fewer than 20 runs | 100.0 tokens/s (n 3) |" in said.replace(
        "\\", ""
    )
    assert "No run of yours" in text(open_page("pages/models.py", owner="nobody", id="glm-5.1", tab="measured"))
