"""What a report tells of a judge: of many pairs the first, and the runs that it shows of them."""

from decimal import Decimal

from glm_playground import bounds
from glm_playground.evals.judge import Judge, Slot
from glm_playground.evals.judge_figures import JudgedPair, judge_figures, win_rates
from glm_playground.evals.judged import JudgeVerdict, JudgeWork, PairResult
from glm_playground.reports.judge_section import judge_parts, judge_runs
from glm_playground.reports.report import Bullets, Paragraph, Terms
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import STAND_IN, Table
from glm_playground.runs.caps import Amount

NAMES = {"glm-5.1 at A": "1: glm-5.1 at A", "other-1 at A": "2: other-1 at A"}


def verdict_of(pairs: int, stand_in: str | None = None) -> JudgeVerdict:
    """A judge that flips on the last pair alone."""
    judged = [
        JudgedPair(
            f"case-{n}", *NAMES, Slot.ONE, Slot.ONE if n == pairs - 1 else Slot.TWO, 10 + n, 5, cost=Decimal("0.01")
        )
        for n in range(pairs)
    ]
    results = tuple(
        PairResult(0, one, ("right", "because\nit is"), (f"forward-{n}", f"backward-{n}"))
        for n, one in enumerate(judged)
    )
    judge = Judge("glm-9", "A")
    work = JudgeWork(2 * pairs, 1, 2, Amount(500, 10**10), Amount())
    return JudgeVerdict(judge, work, judge_figures(judge, judged), tuple(win_rates(judged)), results, stand_in)


def test_many_pairs_are_cut_and_a_link_ends_with_the_runs_that_are_shown() -> None:
    most = bounds.REPORT_JUDGED_PAIRS
    found = verdict_of(most + 7)
    parts = list(judge_parts(found, NAMES, ReportWords()))
    (table,) = [part for part in parts if isinstance(part, Table)]
    assert len(table.rows) == most
    # Those without a verdict come first.
    assert [cell.text for cell in table.rows[0]] == [
        f"case-{most + 6}", "1, 2", "changes with the order", "right / because it is",
    ]  # fmt: skip
    assert table.rows[1][2].text == "1: glm-5.1 at A"
    assert "Pairs that are not shown here: 7. An export of the pairs has them all." in [
        part.text for part in parts if isinstance(part, Paragraph)
    ]
    assert len(judge_runs(found)) == 2 * most
    assert judge_runs(found)[:2] == [f"forward-{most + 6}", f"backward-{most + 6}"]


def test_its_faults_its_family_its_cost_and_what_answered_in_its_place_are_told() -> None:
    parts = list(judge_parts(verdict_of(12, "SmolLM2"), NAMES, ReportWords()))
    assert next(part.mark for part in parts if isinstance(part, Paragraph)) == STAND_IN
    terms = dict(next(part for part in parts if isinstance(part, Terms)).entries)
    assert terms["Judge"] == "glm-9 at A (stand-in model, not GLM: SmolLM2)"
    assert terms["Replies"] == "24; 1 to come, 2 without a reply"
    assert terms["Cost"] == "$0.0100, 500 tokens"
    said = " ".join(item.text for part in parts if isinstance(part, Bullets) for item in part.items)
    assert "1 of 12 pairs change with the order: an abstention." in said
    assert "(11 won, 0 lost, 0 tied, 1 without a verdict)" in said
    assert "It prefers the longer answer in 100%" in said
    assert "1: glm-5.1 at A is of the judge's family, which a judge may favour." in said
    assert "None of these pairs has a vote of yours" in said
