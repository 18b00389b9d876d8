"""Which models the comparison page compares: the address, the pills, ids that have no card."""

import pytest

from glm_playground.catalog.comparison import CARDS_OF_RUNAPI
from glm_playground.ui.compare import compared_models
from glm_playground.ui.compare.compared_models import asked_for
from tests.app.compare_page import CATALOG, PAGE, Open, columns, run, text

pytestmark = pytest.mark.usefixtures("in_sandbox")


def test_the_first_view_is_what_runapi_puts_side_by_side(open_page: Open) -> None:
    at = open_page(PAGE)
    assert at.pills(key="compare_models").value == list(CARDS_OF_RUNAPI)
    assert columns(at) == list(CARDS_OF_RUNAPI)
    shown = text(at)
    for name in CARDS_OF_RUNAPI:
        runapi = CATALOG[name].gateway("runapi")
        assert runapi is not None
        assert runapi.card_text.value is not None
        assert runapi.card_text.value in shown


def test_the_address_chooses_and_is_kept(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.2, GLM-4.7,glm-5.2")
    assert at.pills(key="compare_models").value == ["glm-5.2", "glm-4.7"]
    at.pills(key="compare_models").set_value(["glm-4.7", "glm-4.6"])
    run(at)
    assert at.query_params["ids"] == "glm-4.7,glm-4.6"
    assert columns(at) == ["glm-4.7", "glm-4.6"]


def test_unknown_ids_are_named_with_near_names_and_left_out(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-4.55,glm-4.6,<script>,zzz")
    assert columns(at) == ["glm-4.6"]
    [warning] = at.warning
    assert warning.proto.title == "3 ids in the address have no card here and are left out."
    assert r"glm\-4\.55: near names are glm\-4\.5" in warning.value
    assert r"\<script\>: no name is near" in warning.value


@pytest.mark.parametrize("ids", ["", ",,", "zzz"])
def test_no_model_is_an_invitation_and_no_error(open_page: Open, ids: str) -> None:
    at = open_page(PAGE, ids=ids)
    assert "Choose at least one model." in text(at)
    assert not columns(at)


def test_a_thousand_ids_are_not_all_named(open_page: Open) -> None:
    at = open_page(PAGE, ids=",".join(f"model-{number}" for number in range(1000)) + ",glm-5")
    assert columns(at) == ["glm-5"]
    assert at.warning[0].value.count("\n") == 10


def test_asked_for_keeps_the_order_of_the_address() -> None:
    assert asked_for("b, glm-5,glm-4.5,glm-5,a,b", CATALOG) == (("glm-5", "glm-4.5"), ("b", "a"))


def test_more_models_than_pills_are_chosen_in_a_list(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compared_models, "_MOST_PILLS", len(CATALOG) - 1)
    at = open_page(PAGE)
    assert not at.pills
    assert at.multiselect(key="compare_models").value == list(CARDS_OF_RUNAPI)
