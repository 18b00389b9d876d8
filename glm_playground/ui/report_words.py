"""The words of a report in the session's language."""

from glm_playground.reports.transcript import Words
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.run import Outcome
from glm_playground.ui.figures import dollars
from glm_playground.ui.i18n import _, locale
from glm_playground.ui.run_footer import cost_words, outcome_name


def plain_cost(cost: Cost) -> str:
    """The cost and its state as plain text."""
    word = cost_words()[cost.state]
    if cost.amount is None:
        return word
    play = _("in play money") if cost.price and cost.price.play_money and cost.state is not CostState.FREE else ""
    return f"{dollars(cost.amount)} {word} {play}".rstrip()


def report_words() -> Words:
    """Every label of a transcript."""
    return Words(
        title=_("Playground transcript"),
        exported_on=_("Exported on"),
        lane=_("Lane"),
        turn=_("Turn"),
        system_prompt=_("System prompt"),
        settings=_("Settings"),
        user=_("User"),
        attachment=_("Attached file"),
        assistant=_("Assistant"),
        reasoning=_("Reasoning"),
        written_by_user=_("Written by the user in place of an answer"),
        tool_call=_("Tool call"),
        tool_result=_("Tool result"),
        error=_("Error"),
        stand_in=_("Not an answer of GLM: a stand-in ({model}) answered in its place."),
        model=_("Model"),
        server=_("Server"),
        outcome=_("outcome"),
        outcomes={outcome: outcome_name(outcome) for outcome in Outcome},
        going_on=_("going on"),
        tokens=_("tokens"),
        output_speed=_("output speed"),
        cost=_("cost"),
        request_id=_("request id"),
        task_id=_("task id"),
        unknown=_("unknown"),
        none=_("none"),
        decimal_point=locale().number_symbols["latn"]["decimal"],
    )
