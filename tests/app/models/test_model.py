"""A model's own page: its facts with the claims behind them, and how to use it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.catalog import ModelCard
from glm_playground.sandbox.process import SandboxProcess
from tests.app.drawn_text import html_texts
from tests.app.models_page import CATALOG, at_address, cells, claims, run, text
from tests.app.own_runs import keep_own, own_run

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


@pytest.fixture
def glm_51(in_sandbox: None) -> AppTest:
    return at_address(id="glm-5.1", tab="print")


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

    def test_a_parameter_says_its_range_its_types_and_its_default(self, glm_51: AppTest) -> None:
        assert cells(glm_51, "`tools`")[0] == "up to 128; types: `function`, `retrieval`, `web_search`"
        assert cells(glm_51, "`stop`")[0] == "up to 1"
        assert cells(glm_51, "`thinking.type`")[0] == "`enabled`, `disabled`; default `enabled`"
        assert cells(glm_51, "`temperature`")[0].startswith("0 to 1; default 1")

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


def test_a_page_shows_what_my_own_runs_measured(in_sandbox: None, open_page: Callable[..., AppTest]) -> None:
    keep_own("me", *(own_run("glm-5.1", 10) for _ in range(3)), own_run("glm-5.1", 1, "small"))
    keep_own("somebody else", *(own_run("glm-5.1", 1) for _ in range(30)))
    said = text(open_page("pages/models.py", owner="me", id="glm-5.1", tab="measured"))
    assert "| 90 days | 3 | 100.0% | 0.0% | 0.01 s (n 3) | fewer than 20 runs | 100.0 tokens/s (n 3) |" in said.replace(
        "\\", ""
    )
    assert "No run of yours" in text(open_page("pages/models.py", owner="nobody", id="glm-5.1", tab="measured"))
