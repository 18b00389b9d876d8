"""The words of a report in the session's language."""

from glm_playground.reports.words import Words
from glm_playground.runs.cost import CostState, TokenClass
from glm_playground.runs.run import Outcome
from glm_playground.ui.shared.i18n import _, locale
from glm_playground.ui.shared.run_footer import cost_state_name, outcome_name


def report_words() -> Words:
    """Every label and sentence of a report."""
    signs = locale().number_symbols["latn"]
    return Words(
        title=_("Playground transcript"),
        exported_on=_("Exported on"),
        ran_between=_("Runs from {first} to {last}."),
        lane=_("Lane"),
        turn=_("Turn"),
        system_prompt=_("System prompt"),
        settings=_("Settings"),
        user=_("User"),
        attachment=_("Attached file"),
        assistant=_("Assistant"),
        reasoning=_("Reasoning"),
        written_by_user=_("Written by the user in place of an answer"),
        quoted=_("Assistant, as a later request quotes it"),
        other_answer=_("Answer {number} of {count}"),
        warm_ups=_("Warm-ups, left out of the figures: {count}. Their cost: {cost}."),
        tool_call=_("Tool call"),
        tool_result=_("Tool result"),
        error=_("Error"),
        stand_in=_("Not an answer of GLM: a stand-in ({model}) answered in its place."),
        stand_in_runs=_(
            "Not GLM: in {count} of {runs} runs a stand-in ({models}) answered in its place. "
            "Its answers, times and costs say nothing about GLM."
        ),
        replayed=_("REPLAY: a recording was played again; nothing was sent."),
        replayed_runs=_(
            "REPLAY: {count} of {runs} runs are recordings that were played again; nothing was sent. "
            "Dates, times and costs are those of the recording."
        ),
        stand_in_name=_("stand-in {model}"),
        play_money=_("in play money"),
        model=_("Model"),
        server=_("Server"),
        outcome=_("outcome"),
        outcomes={outcome: outcome_name(outcome) for outcome in Outcome},
        going_on=_("running"),
        tokens=_("tokens"),
        output_speed=_("output speed"),
        chunk_speed=_("{speed} chunks/s, from {count} chunks"),
        cost=_("cost"),
        cost_states={state: cost_state_name(state) for state in CostState},
        received=_("{amount} estimated from the chunks received: {count}"),
        received_chunks=_("chunks received: {count}"),
        received_in_all=_("{amount} estimated from chunks received, in no sum"),
        estimated_by_server=_("estimated by the server"),
        request_id=_("request id"),
        task_id=_("task id"),
        figures=_("Figures"),
        figures_caption=_(
            "A row a lane, over all runs of the turns below, repeats included; n is how many runs have the figure."
        ),
        runs=_("Runs"),
        failures=_("Failures"),
        median=_("{figure}, median"),
        completion_tokens=_("Completion tokens in all"),
        cost_in_all=_("Cost in all"),
        covered=_("{known} of {runs} runs known: {states}"),
        votes=_("Votes"),
        votes_caption=_("Which answer was preferred."),
        question=_("Question"),
        lanes=_("Lanes"),
        winner=_("Preferred"),
        tie=_("a tie"),
        method=_("Method"),
        definitions=_definitions(),
        asking=_("Asking"),
        one_by_one=_(
            "one by one, in random order, after a warm-up of each model and with a mark against prompt caches."
        ),
        partly_one_by_one=_(
            "{count} of {runs} runs one by one, after a warm-up and with a mark against prompt caches; the others may "
            "have been on the line at the same time, so times of the two kinds should not be compared."
        ),
        in_parallel=_(
            "in parallel, as far as is noted: runs of a turn may have been on the line at the same time and may have "
            "slowed each other; there was no warm-up."
        ),
        alone=_("a run a turn, without a warm-up; a prompt cache may have shortened the wait for later turns."),
        sources=_("Sources"),
        sources_caption=_("Who was asked, who answered, and where the prices come from."),
        model_asked=_("Model asked"),
        model_answered=_("Model that answered"),
        price=_("Price per 1M tokens"),
        token_classes={
            TokenClass.INPUT: _("input"),
            TokenClass.CACHE_READ: _("cached input"),
            TokenClass.OUTPUT: _("output"),
        },
        price_from=_("Price from"),
        read_on=_("Read on"),
        limits_title=_("Limits"),
        limits=_limits(),
        unknown=_("unknown"),
        none=_("none"),
        decimal_point=signs["decimal"],
        thousands_separator=signs["group"],
    )


def _definitions() -> tuple[tuple[str, str], ...]:
    return (
        ("t0", _("just before the request is written; times count from there.")),
        (
            "TTFT",
            _(
                "time to the first token of reasoning, answer or tool call. Pieces that are empty or carry only a role "
                "or the usage do not count."
            ),
        ),
        ("TTFA", _("time to the first token of the answer or of a tool call.")),
        (
            "E2E",
            _(
                "time to the last token. The median is only of runs that completed: one that was cut, stopped or "
                "failed does not say how long its answer would have taken."
            ),
        ),
        ("TPOT", _("(E2E − TTFT) / (n − 1), where n is the completion tokens as reported, reasoning included.")),
        (
            _("Output speed"),
            _(
                "1 / TPOT, only where n is 40 or more and E2E − TTFT is 200 ms or more. Where no tokens were reported, "
                "chunks a second under the same limits, named as such and in no median."
            ),
        ),
        (
            _("Medians and p95"),
            _(
                "over the runs that have the figure; n says how many, and their least and most stand beside. p95 is "
                "the nearest rank, only where n is 20 or more. Failed runs count among the runs."
            ),
        ),
        (
            _("Cost"),
            _(
                "the gateway's own figure where it sends one (settled); else the sum over input, cached input and "
                "output of tokens as reported × price (estimated), in exact decimals. A generation that failed before "
                "its first token is not charged where that is the server's published policy. What nobody can say stays "
                "unknown. Where no usage was reported, the price of the text received stands beside, with its tokens "
                "estimated by a rule of thumb: it is in no sum."
            ),
        ),
    )


def _limits() -> tuple[str, ...]:
    return (
        _("All was measured from one place, over one network, at one time; elsewhere or later the times differ."),
        _("Few runs say little: where n is small, a difference between lanes may be chance."),
        _("Token counts are those that the gateway reported; nobody counted again."),
        _(
            "A gateway may send several tokens in one piece, so times within an answer are those of pieces, not of "
            "tokens."
        ),
        _("An estimated cost is not a bill."),
    )
