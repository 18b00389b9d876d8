"""The page Choose: the shortlist with its reasons, an address that asks the same again, and the decision record."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from markdown_it import MarkdownIt
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from glm_playground.catalog import load_catalog
from glm_playground.ui.shared.files import report_form
from glm_playground.ui.shared.files.file_buttons import FileKind
from tests.app.drawn_text import drawn_texts
from tests.app.own_runs import keep_own, own_run
from tests.documents import text_of_docx

PAGE = "pages/choose.py"

Open = Callable[..., AppTest]

pytestmark = pytest.mark.usefixtures("in_sandbox")


def run(at: AppTest) -> None:
    at.run()
    assert not at.exception


@pytest.fixture
def open_whole(open_page: Open) -> Open:
    """Opens a page with what stands below its first screen, which follows by itself in a browser."""

    def open_at(page: str, **query: str) -> AppTest:
        at = open_page(page, **query)
        run(at)
        return at

    return open_at


def text(at: AppTest) -> str:
    alerts = (element.value for element in (*at.caption, *at.warning))
    return "\n".join([*drawn_texts(at), *alerts]).replace("\\", "")


def places(at: AppTest) -> dict[str, str]:
    """The lines of the table by model, without Markdown's signs."""
    [table] = [shown for shown in drawn_texts(at) if shown.startswith("| Place")]
    lines = [line.replace("\\", "").replace("*", "") for line in table.split("\n\n")[0].splitlines()[2:]]
    return {line.split(" | ")[1]: line for line in lines}


def test_the_first_view_has_a_shortlist_with_reasons_and_sources(open_whole: Open) -> None:
    at = open_whole(PAGE)
    assert at.pills(key="choose_aspects").value == ["coding", "agents", "price"]
    assert list(places(at))[:2] == ["GLM-5.3-Flash", "GLM-5.3"]
    assert places(at)["GLM-5.3-Flash"].startswith("| 1 |")
    said = text(at)
    assert "Coding: ahead of 1 of 2 others. DeepSWE v1.1" in said
    assert "<https://huggingface.co/zai-org/GLM-5.3-Flash>" in said
    assert "not compared; nobody published a score" in said


def test_an_address_asks_the_same_again_and_a_widget_says_itself_in_it(open_whole: Open) -> None:
    at = open_whole(PAGE, needs="open_weights", gpus="8x141", weights="coding:1")
    assert list(places(at)) == ["GLM-5.3", "GLM-5.3-Flash", "GLM-5.2"]
    assert "FP8 takes 893 GB of 1,128 GB for the weights alone" in text(at)
    at.pills(key="choose_flags").set_value(["vision"])
    run(at)
    assert at.query_params["needs"] == "vision"
    assert at.query_params["gpus"] == "8x141"
    at.pills(key="choose_aspects").set_value(["price"])
    run(at)
    assert at.query_params["weights"] == "price:1"
    assert next(iter(places(at))) == "GLM-OCR"


def test_what_is_not_understood_of_an_address_is_named(open_whole: Open) -> None:
    at = open_whole(PAGE, needs="vision,magic", context="many", gpus="8", price="1e999", weights="luck:9")
    [warning] = at.warning
    for name in ("needs", "context", "gpus", "price", "weights"):
        assert name in warning.value
    assert "Images as input: no (text)" in text(at)


def test_each_number_has_its_seller_and_one_seller_can_be_asked(open_whole: Open) -> None:
    at = open_whole(PAGE, weights="price:1")
    assert "$0.460 :small[:gray[RunAPI]]" in places(at)["GLM-4.7"]
    assert "$2.00 :small[:gray[Z.ai]]" in places(at)["GLM-5.2"]
    at.session_state["basis"] = True
    run(at)
    at.selectbox(key="basis_sellers").set_value(("runapi",))
    run(at)
    assert at.query_params["prices"] == "runapi"
    assert "Z.ai]" not in "".join(places(at).values())
    assert "GLM-5.2" not in places(at)


def test_who_may_fit_and_who_is_excluded_is_told_with_the_fact(open_whole: Open) -> None:
    at = open_whole(PAGE, price="1", weights="context:1")
    said = text(at)
    assert "GLM-5.4**: At most $1.00 per 1M tokens: unknown: no price for input, output of the sellers asked" in said
    assert "GLM-5**: At most $1.00 per 1M tokens: $1.44 per 1M tokens by Z.ai (input $1.00, output $3.20)" in said


def test_scores_without_stated_conditions_count_when_they_are_asked_for(open_whole: Open) -> None:
    at = open_whole(PAGE, weights="coding:1")
    before = len(places(at))
    assert "more models get a place if scores without stated conditions are compared too" in text(at)
    at.session_state["choose_how_much"] = True
    run(at)
    at.checkbox(key="choose_unstated").set_value(True)
    run(at)
    assert at.query_params["unstated"] == "yes"
    assert len(places(at)) > before


def test_how_much_something_matters(open_whole: Open) -> None:
    at = open_whole(PAGE)
    at.session_state["choose_how_much"] = True
    run(at)
    at.slider(key="choose_weight_price").set_value(5)
    run(at)
    assert at.query_params["weights"] == "coding:1,agents:1,price:5"
    at.slider(key="choose_weight_coding").set_value(0)
    run(at)
    assert at.query_params["weights"] == "agents:1,price:5"


def test_needs_with_a_number(open_whole: Open) -> None:
    at = open_whole(PAGE)
    at.session_state["choose_more"] = True
    run(at)
    at.number_input(key="choose_gpus").set_value(2)
    run(at)
    at.number_input(key="choose_memory").set_value(141)
    run(at)
    assert at.query_params["gpus"] == "2x141"
    at.selectbox(key="choose_seller").set_value("zai")
    run(at)
    at.number_input(key="choose_context").set_value(200_000)
    run(at)
    assert (at.query_params["seller"], at.query_params["context"]) == ("zai", "200000")
    at.number_input(key="choose_gpus").set_value(None)
    run(at)
    assert "gpus" not in at.query_params


def test_the_method_is_told_once_it_is_opened(open_whole: Open) -> None:
    at = open_whole(PAGE)
    assert "never added up or averaged" not in text(at)
    at.session_state["choose_method"] = True
    run(at)
    assert "never added up or averaged" in text(at)


@pytest.mark.parametrize("language", ["en-US", "pt-BR"])
def test_the_decision_record_says_what_was_asked_why_and_by_which_sources(
    open_whole: Open, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    given: list[FileKind] = []
    monkeypatch.setattr(report_form, "draw_file_buttons", lambda kinds, *_rest, **_more: given.extend(kinds))
    monkeypatch.setattr(ContextProxy, "url", property(lambda _self: "https://glm.example/choose"))
    at = open_whole(PAGE, locale=language, needs="open_weights", gpus="8x141", weights="coding:2", rate="BRL-5.5")
    at.session_state["choose_record"] = at.session_state["decision-filled"] = True
    run(at)
    files = {kind.ending: bytes(kind.write()) for kind in given}  # type: ignore[arg-type]
    assert set(files) == {"html", "md", "docx", "pptx"}
    html, markdown = files["html"].decode(), files["md"].decode()
    for written in (html, markdown, text_of_docx(files["docx"])):
        # Every model of the catalog is in it, with the number that places the first and where that was read.
        assert all(card.name in written.replace("\\", "") for card in load_catalog().cards)
        assert "DeepSWE v1.1" in written
        assert "https://huggingface.co/zai-org/GLM-5.3" in written
        assert "5.50" in written or "5,50" in written
        # Who reads it can ask the same again.
        [address] = re.findall(r"https://glm\.example/choose[^\s<>\")]*", unescape(written))[:1]
        assert dict(parse_qsl(urlsplit(address).query)) == {
            "needs": "open_weights",
            "gpus": "8x141",
            "weights": "coding:2",
            "rate": "BRL-5.5",
        }
    assert f'<html lang="{language[:2]}' in html
    assert '<a href="#source-1">[1]</a>' in html
    assert MarkdownIt("commonmark").enable("table").render(markdown).count("<table>") == 1


# -- what must be measured


def probes_offered(at: AppTest) -> dict[str, str]:
    """The links to probes by their label: where each leads."""
    links = (link.proto for link in at.get("page_link"))
    return {link.label.replace("\\", ""): link.query_string for link in links if link.label.startswith("Probe ")}


def test_a_stand_in_measures_nothing_of_a_model(open_whole: Open) -> None:
    at = open_whole(PAGE, measured="tool,stop", weights="price:1")
    [told] = at.info
    assert told.proto.title == "Not measured yet: Tool called, Stop sequence"
    assert "probes say nothing of GLM" in told.value
    assert probes_offered(at) == {}
    assert "No model is known to meet every need" in text(at)
    assert open_whole(PAGE, advertised="stop", weights="price:1").info == []


def test_what_no_probe_has_answered_leads_to_the_probes(
    configure: Callable[..., None], tmp_path: Path, open_whole: Open
) -> None:
    (tmp_path / "gateways.toml").write_text('[[gateway]]\nname = "Mine"\naddress = "http://127.0.0.1:9"\n')
    configure(GLM_PLAYGROUND_GATEWAYS=str(tmp_path / "gateways.toml"))
    at = open_whole(PAGE, needs="vision,open_weights", measured="json-schema", weights="price:1")
    [told] = at.info
    assert told.proto.title == "Not measured yet: JSON Schema"
    assert "none is known to meet this need" in told.value
    # Of those that meet the other needs first; what nobody published of GLM-5.4 is one thing more.
    assert list(probes_offered(at)) == ["Probe GLM-5.3-Flash", "Probe GLM-OCR", "Probe GLM-4.6V"]
    assert probes_offered(at)["Probe GLM-OCR"] == "id=glm-ocr&tab=measured"


# -- measured speed


def test_measured_speed_is_of_my_own_runs_and_of_no_stand_in(open_whole: Open) -> None:
    keep_own("me", *(own_run(model, step) for model, step in (("glm-5.3", 20), ("glm-5.2", 10)) for _ in range(5)))
    keep_own("me", *(own_run("glm-4.6", 1, "small") for _ in range(5)))
    keep_own("somebody else", *(own_run("glm-5.3", 1) for _ in range(50)))
    at = open_whole(PAGE, owner="me", weights="speed:1")
    assert list(places(at)) == ["GLM-5.2", "GLM-5.3"]
    assert "faster than 1 of 1 other. Gateway: 100.0 tokens/s (median of 5 runs in 90 days)" in text(at)
    sooner = open_whole(PAGE, owner="me", weights="ttft:1")
    assert list(places(sooner)) == ["GLM-5.2", "GLM-5.3"]
    assert "sooner than 1 of 1 other. Gateway: 10 ms (median of 5 runs in 90 days)" in text(sooner)
    answered = open_whole(PAGE, owner="me", weights="success:1")
    assert "answers more often than 0 of 1 other. Gateway: 100.0% (of 5 runs in 90 days)" in text(answered)
    other = open_whole(PAGE, owner="nobody", weights="speed:1")
    assert "No model is compared in enough of what matters" in text(other)


def test_the_prices_of_a_second_gateway_can_be_chosen_by_and_name_it(
    configure: Callable[..., None], tmp_path: Path, open_whole: Open
) -> None:
    (tmp_path / "gateways.toml").write_text(
        '[[gateway]]\nname = "Plan A"\naddress = "http://127.0.0.1:9"\n'
        '[[gateway]]\nname = "Plan B"\naddress = "http://127.0.0.1:9/b"\n'
        '[[gateway.model]]\nid = "glm-5.3"\ninput = 1\noutput = 1\n'
        '[[gateway.model]]\nid = "glm-4.6"\ninput = 0.5\noutput = 0.5\n'
    )
    configure(GLM_PLAYGROUND_GATEWAYS=str(tmp_path / "gateways.toml"))
    at = open_whole(PAGE, prices="at:Plan B", weights="price:1")
    assert list(places(at)) == ["GLM-4.6", "GLM-5.3"]
    assert all("Plan B" in line for line in places(at).values())
    at.session_state["basis"] = True
    run(at)
    assert at.selectbox(key="basis_sellers").options[:2] == ["Plan B, else RunAPI, else Z.ai", "Plan B"]
