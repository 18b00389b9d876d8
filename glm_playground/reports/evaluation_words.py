"""What a report of an evaluation says: in English here, in another language by `sentences.said`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from glm_playground.reports.judge_words import JudgeWords

_METHOD = (
    (
        "Pass rate",
        "the mean over the cases of the share of a case's answers that pass. Its 95% interval is Wilson's where each "
        "case has one answer (statsmodels: proportion_confint, method wilson), else that of the mean over the cases "
        "(OLS, cov_type HC1), since repeats of a case are no new evidence about other cases.",
    ),
    (
        "Paired difference",
        "the pass rate of one candidate less that of another, over the cases that both were graded on, with the same "
        "interval of the mean (OLS, cov_type HC1); where no case differs from another, Wilson's bounds what was never "
        "seen.",
    ),
    (
        "p",
        "McNemar's exact test where each case has one answer of each (statsmodels: mcnemar, exact), else the t test of "
        "the mean over the cases; adjusted over all pairs of the evaluation after Holm (multipletests, method holm). "
        "Below 0.05 two candidates are told apart.",
    ),
    (
        "More cases",
        "how many would tell two candidates apart in 4 of 5 evaluations, if their difference is what it seems "
        "(statsmodels: TTestPower).",
    ),
)


@dataclass(frozen=True)
class EvaluationWords:
    """Labels and sentences; those in braces are replaced by their values."""

    judge: JudgeWords = field(default_factory=JudgeWords)

    name: str = "Evaluation"
    title: str = "Evaluation of GLM models: {name}"
    at_gateway: str = "{model} at {gateway}"
    stood_in: str = "{name} (stand-in model, not GLM: {stand_in})"

    verdict: str = "Verdict"
    nothing_graded: str = "No answer was graded: there is no pass rate."
    passes_more: str = "{first} passes {low} to {high} points more than {second}."
    not_separable: str = "{first} and {second} are not separable: {low} to {high} points."
    more_cases: str = "About {count} more cases would tell."
    exact_basis: str = "(Cases of both: {cases}; p {p} by McNemar's exact test, after Holm.)"
    mean_basis: str = "(Cases of both: {cases}; p {p} by the t test of the mean over the cases, after Holm.)"
    rough: str = "Below {count} cases an interval is rough."
    other_pairs: str = "Pairs of candidates that are not shown here: {count}. Those told apart come first."
    rates_caption: str = (
        "Pass rates with their 95% intervals. An answer that cannot be told counts in no rate. The cost is the mean of "
        "an answer, the time the median until its last token."
    )
    candidate: str = "Candidate"
    passed: str = "Passed"
    answers: str = "Answers"
    untold: str = "Cannot be told"
    mean_cost: str = "Cost, mean"
    median_time: str = "Time, median"
    rate: str = "{estimate}% ({low} to {high})"

    rates_chart: str = "Pass rate"
    rates_axis: str = "Per cent; the line spans the 95% interval"
    price_chart: str = "Price against pass rate"
    price_axis: str = "US dollars an answer, mean"
    play_price_axis: str = "US dollars of play money an answer, which nobody pays, mean"
    spread_caption: str = "How time and cost of an answer spread: median, 95th percentile, least and most, and n."
    time: str = "Time to the whole answer"
    cost: str = "Cost of an answer"
    cost_in_all: str = "Cost in all"

    suite: str = "Suite"
    digest: str = "Digest of the suite (SHA-256)"
    cases: str = "Cases"
    candidates: str = "Candidates"
    repeats: str = "Repeats of each case"
    requests: str = "Requests"
    spent: str = "Spent"
    spent_and_reserved: str = "{spent}; {reserved} reserved for what is under way or of unknown cost"
    tokens: str = "{count} tokens"
    checks: str = "Checks"
    counted: str = "{name} ({count})"
    none: str = "none"

    by_regression: str = "Cases by regression"
    by_regression_caption: str = (
        "Cases that {name} passes and another candidate does not come first, then others in which the candidates "
        "differ, then those that fail. A cell is the share of answers that pass."
    )
    by_failure_caption: str = "Cases that fail come first. A cell is the share of answers that pass."
    case: str = "Case"
    other_cases: str = "Cases that are not shown here: {count}. An export of the evaluation has them all."
    other_candidates: str = "Candidates without a column here: {names}."
    examples: str = "Example answers: the first of each candidate"
    example: str = "Case {name}"
    example_passed: str = "It passes."
    example_failed: str = "It does not pass."
    example_untold: str = "Whether it passes cannot be told."
    why: str = "Why, as the check says it"
    expected: str = "What is checked"

    this_suite_only: str = "Nothing was asked beyond the cases of this suite and the settings of these candidates."
    unsupported: str = "The check {check} cannot be told; answers: {count}. ({reason})"
    other_unsupported: str = "Further reasons why a check cannot be told: {count}."
    without_checks: str = "Answers to cases without a check, which nobody graded: {count}."
    states: Mapping[str, str] = field(
        default_factory=lambda: {
            "waiting": "Requests that were not sent: {count}.",
            "claimed": "Requests that were under way when this report was written: {count}.",
            "failed": "Requests that failed: {count}; what they would have answered is not known.",
            "interrupted": "Requests that were interrupted: {count}; what they cost is not known.",
            "refused": "Requests that were not sent, since each is above a cap of the operator: {count}.",
            "unsupported": "Requests with an image that the model does not take: {count}. They count in no rate.",
        }
    )
    deleted: str = "Answers whose runs are deleted, which count in no rate: {count}."
    asked_once: str = (
        "Each case was asked once of each candidate: how much answers differ from time to time is not known."
    )
    few_cases: str = "The suite has {count} cases; below {rough} the intervals may cover less than they say."
    not_judged: str = (
        "A check looks at what it names only: that an answer passes does not make it right in all it says."
    )

    method: tuple[tuple[str, str], ...] = _METHOD
    """Names of figures, and how they are made."""
