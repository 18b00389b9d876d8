"""What a report says beside the words of a transcript: in English here, in another language by `sentences.said`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from glm_playground.reports.evaluation_words import EvaluationWords
from glm_playground.reports.report import Labels
from glm_playground.reports.transcript_words import Words

LABELS = Labels(
    author="Author",
    day="Date",
    purpose="Purpose",
    conclusion="Conclusion",
    whole_in_report="whole in the report",
    more_in_report="{count} more in the report.",
    continued="{title} (continued)",
)


@dataclass(frozen=True)
class ReportWords:
    """Labels and sentences; those in braces are replaced by their values."""

    words: Words = field(default_factory=Words)
    labels: Labels = LABELS
    evaluation: EvaluationWords = field(default_factory=EvaluationWords)

    results: str = "Results"
    results_caption: str = (
        "A row for each model with its settings, over all its runs; n is how many runs have the figure."
    )
    charts: str = "Charts"
    ttft_chart: str = "Time to the first token"
    e2e_chart: str = "Time to the whole answer"
    speed_chart: str = "Output speed"
    cost_chart: str = "Cost of an answer"
    seconds_axis: str = "Seconds, median; the line spans the fastest and the slowest run"
    speed_axis: str = "Tokens a second, median; the line spans the slowest and the fastest run"
    cost_axis: str = "US dollars, median; the line spans the cheapest and the dearest run"
    play_cost_axis: str = "US dollars of play money, which nobody pays, median"
    not_glm: str = "{name} (stand-in, not GLM)"
    stand_in_chart: str = "These are figures of a stand-in: they say nothing about GLM."
    more_bars: str = "More were asked than are drawn; the table has them all."
    same_question_only: str = "Lanes that were asked different questions cannot be compared by these figures."

    asked: str = "What was asked"
    questions: str = "Questions and answers"
    question: str = "Question {number}"
    asked_before: str = "Earlier questions of the same conversation: {count}."
    figures_of_question: str = "The runs that answered this question; n is how many have the figure."
    lane: str = "Lane"
    tokens: str = "Completion tokens, median"
    cost: str = "Cost, median"
    attached: str = "Attached, not shown here: {names}."
    others_kept: str = "Other answers to the question that are not shown here: {count}."
    cut: str = "Cut here: {shown} of {whole} characters are shown. A bundle of the runs has the whole."
    no_answer: str = "No answer."

    models: str = "What is published about the models"
    sources: str = "Sources of the published facts"

    not_tested: str = "What was not tested"
    models_without_run: str = "Models of the catalogue without a run here: {names}."
    one_setting: str = "Each model was asked with one set of settings ({settings}); no other was tried."
    default_settings: str = "the server's own defaults"
    features_without_run: str = "No run used: {names}."
    features: Mapping[str, str] = field(
        default_factory=lambda: {
            "tools": "tools",
            "json": "an answer format",
            "images": "images",
            "thinking_on": "thinking switched on",
            "thinking_off": "thinking switched off",
            "system": "a system prompt",
        }
    )
    languages_asked: str = "Languages of the questions, as far as common words tell: {names}."
    languages_not_asked: str = "No question was recognised as {names}."
    languages: Mapping[str, str] = field(default_factory=lambda: {"en": "English", "pt": "Portuguese", "zh": "Chinese"})
    language_unknown: str = "not recognised"
    asked_once: str = (
        "Each question was asked once of each lane: how much answers differ from time to time is not known."
    )
    few_runs: str = "No 95th percentile is given for {names}: it takes {least} runs or more of one lane."
    lane_runs: str = "{name} (n {count})"
    stand_in_answers: str = "GLM itself was not tested in {count} of {runs} runs: a stand-in answered."
    failed_runs: str = "{count} of {runs} runs failed; what they would have answered is not known."
    not_judged: str = "Nobody graded the answers in this report: whether they are right is for the reader to judge."
