"""The report of an evaluation: its verdict, what was not tested, and what is left out of a large one."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from markdown_it import MarkdownIt

from glm_playground import bounds
from glm_playground.chat.setup import Setup
from glm_playground.evals.findings import findings_of
from glm_playground.evals.grade import Grade, Graded
from glm_playground.evals.results import CellResult
from glm_playground.ledger.evaluation_values import CellKey, CellState
from glm_playground.reports.evaluation_report import evaluation_report
from glm_playground.reports.report import Bullets, Cover, Question, Report
from glm_playground.reports.report_files import REPORT_WRITERS
from glm_playground.reports.report_markdown import to_markdown
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import Table
from glm_playground.runs.run import Server
from tests.evaluation_results import SETUPS, results_of, row_of, suite_of
from tests.report_lanes import AT, PLAY_PRICE


def report_of(results: Sequence[CellResult], setups: Sequence[Setup] = SETUPS[:2], cases: int = 30) -> Report:
    suite = suite_of(cases)
    findings = findings_of(results)
    places = {one.place for one in findings.cases[: bounds.REPORT_EXAMPLES]}
    shown = [
        one
        for one in results
        if one.cell.key.case in places
        and not one.cell.key.repeat
        and one.cell.key.candidate < bounds.REPORT_EXAMPLE_ANSWERS
    ]
    return evaluation_report(
        row_of(suite, results, setups),
        suite,
        findings,
        shown,
        Cover("Which?", date(2026, 11, 26)),
        words=ReportWords(),
        language="en",
        day_text="November 26, 2026",
        written_at=AT,
    )


def parts(report: Report, title: str) -> Sequence[object]:
    return next(section.parts for section in report.sections if section.title == title)


def bullets(report: Report, title: str) -> list[str]:
    return [item.text for part in parts(report, title) if isinstance(part, Bullets) for item in part.items]


def table(report: Report, title: str) -> Table:
    return next(part for part in parts(report, title) if isinstance(part, Table))


def test_the_verdict_names_its_test_and_the_suite_its_digest() -> None:
    report = report_of(results_of(suite_of(30)))
    [sentence] = bullets(report, "Verdict")
    assert sentence.startswith("glm-5.1 at RunAPI, temperature=0.0 ")
    assert sentence.endswith("(Cases of both: 30; p 0.031 by McNemar's exact test, after Holm.)")
    text = to_markdown(report)
    assert suite_of(30).digest in text
    assert "24 / 30" in text
    assert "proportion\\_confint, method wilson" in text
    [repeated] = bullets(report_of(results_of(suite_of(30), repeats=3)), "Verdict")
    assert "by the t test of the mean over the cases, after Holm." in repeated


def test_cases_stand_by_regression_with_examples() -> None:
    report = report_of(results_of(suite_of(30)))
    rows = [[cell.text for cell in row[1:]] for row in table(report, "Cases by regression").rows]
    assert rows == [["100%", "0%"]] * 6 + [["0%", "0%"]] * 6 + [["100%", "100%"]] * 18
    questions = [
        one for one in parts(report, "Example answers: the first of each candidate") if isinstance(one, Question)
    ]
    assert len(questions) == bounds.REPORT_EXAMPLES
    first, second = questions[0].answers
    assert first.notices[0].text == "It passes."
    assert second.passages[-1].text.startswith("icontains: does not contain")


def test_what_was_not_tested_is_said() -> None:
    states = {
        CellKey(0, 1, 0): CellState.FAILED,
        CellKey(0, 2, 0): CellState.WAITING,
        CellKey(0, 3, 1): CellState.INTERRUPTED,
    }
    results = results_of(
        suite_of(30), states=states, server=Server("Sandbox", "http://127.0.0.1", "SmolLM2"), price=PLAY_PRICE
    )
    untold = results[0].checks[0]._replace(grade=Grade.UNTOLD, reason="it takes a judge, and none is named")
    results[0] = CellResult(**{**vars(results[0]), "checks": (Graded(*untold),), "grade": Grade.UNTOLD})
    report = report_of(results)
    said = " ".join(bullets(report, "What was not tested"))
    for part in (
        "Requests that failed: 1;",
        "Requests that were not sent: 1.",
        "Requests that were interrupted: 1;",
        "The check icontains cannot be told; answers: 1. (it takes a judge, and none is named)",
        "GLM itself was not tested in 59 of 59 runs",
        "The suite has 30 cases",
    ):
        assert part in said
    assert "stand-in model, not GLM" in table(report, "Verdict").rows[0][0].text
    assert "play money" in to_markdown(report)


def test_nothing_graded_makes_a_report_too() -> None:
    states = {CellKey(0, case, number): CellState.FAILED for case in range(3) for number in range(2)}
    report = report_of(results_of(suite_of(3), states=states), cases=3)
    assert "No answer was graded: there is no pass rate." in to_markdown(report)
    for write in REPORT_WRITERS.values():
        assert write(report, ReportWords().words)
    assert write_all_of_nothing()


def write_all_of_nothing() -> bool:
    return all(write(report_of([], cases=3), ReportWords().words) for write in REPORT_WRITERS.values())


def test_a_large_evaluation_says_what_it_leaves_out() -> None:
    setups = tuple(Setup(model=f"model-{number}", gateway="RunAPI") for number in range(bounds.EVALUATION_CANDIDATES))
    results = results_of(suite_of(100), setups, answer="x" * 20_000)
    report = report_of(results, setups, cases=100)
    text = to_markdown(report)
    assert len(bullets(report, "Verdict")) == bounds.REPORT_PAIRS
    assert "Pairs of candidates that are not shown here: 160." in text
    assert "Cases that are not shown here: 40." in text
    assert "Candidates without a column here: 7: model-6" in text
    assert "characters are shown" in text
    assert len(text) < 2 * bounds.REPORT_CHARACTERS


@pytest.mark.parametrize("kind", sorted(REPORT_WRITERS))
def test_nothing_hostile_stands_in_a_file(kind: str) -> None:
    hostile = "<script>alert(1)</script> ![x](https://evil.example/x.png)"
    setups = (Setup(model=hostile, gateway="<script>g"), SETUPS[1])
    written = REPORT_WRITERS[kind](
        report_of(results_of(suite_of(5), setups, answer=hostile), setups, 5), ReportWords().words
    )
    if kind == "markdown":
        written = MarkdownIt("commonmark").enable("table").render(written.decode()).encode()
    assert b"<script>" not in written
    assert b'src="https://evil' not in written


def test_the_findings_count_each_cost_once() -> None:
    results = results_of(suite_of(10), repeats=2)
    findings = findings_of(results)
    assert sum((one.dollars for one in findings.figures), Decimal(0)) == sum(
        (result.cost.amount for result in results if result.cost and result.cost.amount), Decimal(0)
    )
    assert findings.runs == 40
    assert len(findings.asked) == 2
    assert not findings.asked[0].run.events
