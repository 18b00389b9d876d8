"""The words of a report that is handed on, in the session's language."""

from glm_playground.reports.report import Labels
from glm_playground.reports.report_words import ReportWords
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.report_words import report_words


def all_report_words() -> ReportWords:
    """Every label and sentence of a report, those of a transcript included."""
    return ReportWords(
        words=report_words(),
        labels=Labels(
            author=_("Author"),
            day=_("Date"),
            purpose=_("Purpose"),
            conclusion=_("Conclusion"),
            whole_in_report=_("whole in the report"),
            more_in_report=_("{count} more in the report."),
            continued=_("{title} (continued)"),
        ),
        results=_("Results"),
        results_caption=_(
            "A row for each model with its settings, over all its runs; n is how many runs have the figure."
        ),
        charts=_("Charts"),
        ttft_chart=_("Time to the first token"),
        e2e_chart=_("Time to the whole answer"),
        speed_chart=_("Output speed"),
        cost_chart=_("Cost of an answer"),
        seconds_axis=_("Seconds, median; the line spans the fastest and the slowest run"),
        speed_axis=_("Tokens a second, median; the line spans the slowest and the fastest run"),
        cost_axis=_("US dollars, median; the line spans the cheapest and the dearest run"),
        play_cost_axis=_("US dollars of play money, which nobody pays, median"),
        not_glm=_("{name} (stand-in, not GLM)"),
        stand_in_chart=_("These are figures of a stand-in: they say nothing about GLM."),
        more_bars=_("More were asked than are drawn; the table has them all."),
        same_question_only=_("Lanes that were asked different questions cannot be compared by these figures."),
        asked=_("What was asked"),
        questions=_("Questions and answers"),
        question=_("Question {number}"),
        asked_before=_("Earlier questions of the same conversation: {count}."),
        figures_of_question=_("The runs that answered this question; n is how many have the figure."),
        lane=_("Lane"),
        tokens=_("Completion tokens, median"),
        cost=_("Cost, median"),
        attached=_("Attached, not shown here: {names}."),
        others_kept=_("Other answers to the question that are not shown here: {count}."),
        cut=_("Cut here: {shown} of {whole} characters are shown. A bundle of the runs has the whole."),
        no_answer=_("No answer."),
        models=_("What is published about the models"),
        sources=_("Sources of the published facts"),
        not_tested=_("What was not tested"),
        models_without_run=_("Models of the catalogue without a run here: {names}."),
        one_setting=_("Each model was asked with one set of settings ({settings}); no other was tried."),
        default_settings=_("the server's own defaults"),
        features_without_run=_("No run used: {names}."),
        features={
            "tools": _("tools"),
            "json": _("an answer format"),
            "images": _("images"),
            "thinking_on": _("thinking switched on"),
            "thinking_off": _("thinking switched off"),
            "system": _("a system prompt"),
        },
        languages_asked=_("Languages of the questions, as far as common words tell: {names}."),
        languages_not_asked=_("No question was recognised as {names}."),
        languages={"en": _("English"), "pt": _("Portuguese"), "zh": _("Chinese")},
        language_unknown=_("not recognised"),
        asked_once=_(
            "Each question was asked once of each lane: how much answers differ from time to time is not known."
        ),
        few_runs=_("No 95th percentile is given for {names}: it takes {least} runs or more of one lane."),
        lane_runs=_("{name} (n {count})"),
        stand_in_answers=_("GLM itself was not tested in {count} of {runs} runs: a stand-in answered."),
        failed_runs=_("{count} of {runs} runs failed; what they would have answered is not known."),
        not_judged=_("Nobody graded the answers in this report: whether they are right is for the reader to judge."),
    )
