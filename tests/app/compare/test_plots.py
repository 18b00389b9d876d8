"""The comparison page's plots: what is drawn, and what is not and why."""

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.compare_page import CATALOG, PAGE, Open, run, text, view

pytestmark = pytest.mark.usefixtures("in_sandbox")


def plot_numbers(at: AppTest) -> str:
    [numbers] = [element.value for element in at.markdown if element.value.startswith("| :small[Model]")]
    return numbers


def test_the_plot_of_prices_opens_on_the_scores_of_most_models_and_marks_the_frontier(open_page: Open) -> None:
    at = open_page(PAGE, ids=",".join(CATALOG))
    view(at, "plots")
    chart = at.get("vega_lite_chart")[0].proto
    assert at.selectbox(key="plot_score_False").value.startswith("HLE|with tools|")
    assert chart.alt.startswith("5 models.")
    # GLM-5.1 costs what GLM-5.2 costs, and has less: nothing is cheaper, and yet it is not on the frontier.
    assert "nothing is better for the price or cheaper for the score: GLM-4.7, GLM-5, GLM-5.2." in chart.alt
    # Models that are missing for one reason stand together.
    [missing] = [line for line in text(at).splitlines() if line.startswith("Not shown: ")]
    missing = missing.replace("\\", "")
    assert "GLM-5.3-Flash, GLM-5.3 (HLE (with tools): published under other conditions: max effort" in missing
    assert "GLM-5V-Turbo, GLM-OCR, GLM-4.6V, " in missing
    assert missing.count("nobody published a score") == 2
    numbers = plot_numbers(at)
    assert numbers.count("\n| :small[GLM") == 5
    assert "https://" in numbers
    at.checkbox(key="plot_unstated").set_value(True)
    run(at)
    assert at.selectbox(key="plot_score_True").value.startswith("BrowseComp||")
    assert "conditions not stated" in plot_numbers(at)


def test_a_model_that_is_not_in_the_plot_is_named_with_the_reason(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.3-flash,glm-5.3,glm-5.2,glm-4.7-flash,glm-5.1,glm-4.6v,glm-5.4")
    view(at, "plots")
    at.selectbox(key="plot_score_False").set_value("HLE|max effort, with tools, 300K managed context|%|vendor|Z.ai|")
    run(at)
    said = text(at)
    [line] = [line for line in said.splitlines() if line.startswith("Not shown: ")]
    reasons = {name: reason for piece in line.split("; GLM") for name, _space, reason in [piece.partition(" (")]}
    assert "published under other conditions" in reasons[r"\-5\.1"]
    assert "nobody published a score" in reasons[r"\-4\.6V"]
    assert "the sellers asked have no price for it" in reasons[r"\-5\.4"]


@pytest.mark.parametrize("name", ["price", "limits", "size", "release", "scores"])
@pytest.mark.parametrize("ids", [",".join(CATALOG), "glm-5-turbo", "glm-4.7-flash,glm-5-turbo"])
def test_every_plot_draws_or_says_why_not(open_page: Open, name: str, ids: str) -> None:
    at = open_page(PAGE, ids=ids)
    view(at, "plots")
    at.segmented_control(key="compare_plot").set_value(name)
    run(at)
    charts = at.get("vega_lite_chart")
    said = text(at)
    assert charts or "Not shown: " in said or "No score of these models is published." in said
    assert all(chart.proto.alt for chart in charts)
    if "glm-5-turbo" in ids and name == "size":
        assert r"GLM\-5\-Turbo (Size, total\: undisclosed \+ Size, active\: undisclosed)" in said


def test_no_unknown_is_in_the_data_of_a_plot(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.1,glm-5-turbo,glm-4.6")
    view(at, "plots")
    at.segmented_control(key="compare_plot").set_value("size")
    run(at)
    drawn = at.get("vega_lite_chart")[0].proto.datasets[0].data.data
    assert pa.ipc.open_stream(drawn).read_all().to_pylist() == [
        {"model": name, "family": name[:5], "series": series, "value": value, "text": text}
        for name, total, active in (("GLM-5.1", 744, 40), ("GLM-4.6", 355, 32))
        for series, value, text in (
            ("Size, total", total, f"{total}B"),
            ("Size, active", active, f"{active}B"),
        )
    ]


def test_scores_under_other_conditions_stand_in_plots_of_their_own(open_page: Open) -> None:
    at = open_page(PAGE, ids=",".join(CATALOG))
    view(at, "plots")
    at.segmented_control(key="compare_plot").set_value("scores")
    run(at)
    at.selectbox(key="plot_benchmark").set_value("HLE")
    run(at)
    titles = [element.value for element in at.markdown if element.value.startswith("**")]
    assert set(titles) == {
        "**HLE, no conditions stated**",
        "**HLE, with tools**",
        "**HLE, text\\-only**",
        "**HLE, max effort, with tools, 300K managed context**",
        "**HLE, run by Artificial Analysis, third party**",
    }
    assert len(at.get("vega_lite_chart")) == len(titles)
