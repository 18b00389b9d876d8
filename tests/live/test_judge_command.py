"""`glm-playground eval ... --judge`: judges with a known fault, through the command line."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import docx
import pptx
import pytest

from glm_playground import bounds
from glm_playground.cli.evaluation import OWNER
from glm_playground.evals.ballot import BallotQuestion
from glm_playground.evals.suite_file import open_suite
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, Step, Want
from glm_playground.ledger.votes import StoredVote
from glm_playground.runs.caps import Amount
from tests import judges
from tests.live.eval_command import Done, Eval

CASES = 12
SUITE = "\n".join(
    [
        "description: Capitals",
        "prompts: ['Case {{n}}: what is the capital of Peru?']",
        "tests:",
        *(
            f"  - {{metadata: {{id: case-{n}}}, vars: {{n: {n}}}, assert: [{{type: llm-rubric, value: names Lima}}]}}"
            for n in range(CASES)
        ),
    ]
)


def short(_messages: object) -> str:
    return "Lima"


def talkative(_messages: object) -> str:
    return "The capital of Peru is Lima, on the Pacific coast."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, eval_: Eval, tmp_path: Path) -> Iterator[judges.Server]:
    """A gateway whose candidates are `alpha-1` and `beta-1`, and whose judges have a known fault."""
    models: dict[str, judges.Model] = {
        "alpha-1": short,
        "beta-1": talkative,
        "gamma-first": judges.first_slot,
        "gamma-longer": judges.longer,
        "alpha-judge": judges.longer,
        "gamma-nonsense": judges.nonsense,
    }
    (tmp_path / "rubrics.yaml").write_text(SUITE)
    (tmp_path / "plain.yaml").write_text(re.sub(r", assert: \[.*?\]", "", SUITE))
    with judges.Server(models) as running:
        monkeypatch.setenv("RUNAPI_BASE_URL", f"{running.url}/v1")
        yield running


Judged = Callable[..., Done]


@pytest.fixture
def judged(eval_: Eval, server: judges.Server) -> Judged:
    def run(judge: str, suite: str = "plain.yaml", *more: str) -> Done:
        return eval_(
            "run", suite, "--models", "alpha-1,beta-1", "--judge", judge, "--cap-tokens", "10000000",
            "--max-tokens", "50", *more,
        )  # fmt: skip

    return run


def ledger_of(folder: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{folder / 'data' / 'runs.sqlite3'}")


def test_a_judge_of_the_first_slot_flips_and_is_flagged(judged: Judged, server: judges.Server) -> None:
    done = judged("gamma-first", "rubrics.yaml")
    assert done.status == 0
    assert f"Judge: gamma-first at 127.0.0.1, at most {4 * CASES} requests more, within the same caps" in done.out
    # Two answers a case, each with a rubric, and the pair in both orders.
    assert Counter(server.asked) == {"alpha-1": CASES, "beta-1": CASES, "gamma-first": 4 * CASES}
    assert f"Judge: gamma-first at 127.0.0.1: {4 * CASES} requests answered" in done.out
    assert f"{CASES} of {CASES} pairs change with the order" in done.out
    assert "the judge has no verdict (0 won, 0 lost, 0 tied, 12 without a verdict)" in done.out
    assert re.search(r"slot one is chosen in 100% \(7\d to 100\) of 12 pairs  ! a fair judge has 50%", done.out)
    # Its word on the rubric counts.
    assert f"alpha-1 at 127.0.0.1, max_tokens=50: {CASES} of {CASES} answers passed" in done.out
    assert "its prompt for pairs: You compare two answers" in done.out


def test_the_report_and_the_export_tell_what_the_judge_said(judged: Judged, eval_: Eval, tmp_path: Path) -> None:
    id_ = judged("gamma-first", "rubrics.yaml").id
    said = {}
    for language in ("en", "pt_BR"):
        assert eval_("export", id_, "--as", "markdown", "--language", language, "--out", f"{language}.md").status == 0
        said[language] = (tmp_path / f"{language}.md").read_text()
    english = said["en"]
    assert "## The judge" in english
    for words in (
        "gamma-first at 127.0.0.1",
        "12 of 12 pairs change with the order: an abstention.",
        "The judge has no verdict on 1: alpha-1 at 127.0.0.1",
        "a fair judge does in a half",
        "None of these pairs has a vote of yours",
        "You compare two answers to one task.",
        "You say whether an answer to a task is as a rubric describes.",
        "changes with the order",
        "a tie a half; 95% intervals are clustered by case",
    ):
        assert words in english
    assert "12 of 12 pairs change" not in said["pt_BR"]
    for kind in ("html", "docx", "pptx"):
        assert eval_("export", id_, "--as", kind, "--out", f"judged.{kind}").status == 0
    assert "The judge has no verdict on" in (tmp_path / "judged.html").read_text()
    texts = [one.text for one in docx.Document(str(tmp_path / "judged.docx")).paragraphs]
    assert "The judge" in texts
    slides = pptx.Presentation(str(tmp_path / "judged.pptx")).slides
    shown = [shape.text_frame.text for slide in slides for shape in slide.shapes if shape.has_text_frame]
    assert any("The judge has no verdict on" in text for text in shown)
    assert eval_("export", id_, "--as", "pairs", "--out", "pairs.csv").status == 0
    with (tmp_path / "pairs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == CASES
    assert {(row["opinion"], row["first_in_slot_one"], row["second_in_slot_one"]) for row in rows} == {
        ("flipped", "one", "one")
    }
    assert {row["judge"] for row in rows} == {"gamma-first"}
    assert eval_("export", id_, "--as", "pairs-jsonl", "--out", "pairs.jsonl").status == 0
    lines = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert [line["reason_first_in_slot_one"] for line in lines] == ["because"] * CASES
    plain = eval_("run", "plain.yaml", "--models", "alpha-1,beta-1", "--cap-tokens", "90000", "--max-tokens", "50")
    refused = eval_("export", plain.id, "--as", "pairs", "--out", "none.csv")
    assert (refused.status, refused.err) == (1, "Error: no pair of answers was judged\n")


def test_a_judge_of_the_longer_answer_is_flagged_and_one_of_a_candidates_family_is_marked(judged: Judged) -> None:
    done = judged("gamma-longer")
    assert done.status == 0
    assert (
        "alpha-1 at 127.0.0.1, max_tokens=50 is preferred to beta-1 at 127.0.0.1, max_tokens=50 in 0% (0 to 2"
        in done.out
    )
    assert re.search(r"the longer answer is preferred in 100% \(7\d to 100\) of 12 pairs  ! a fair judge", done.out)
    assert "family" not in done.out
    assert "! alpha-1 at 127.0.0.1, max_tokens=50 is of the judge's family" in judged("alpha-judge").out


def test_nonsense_is_no_verdict_and_no_failure(judged: Judged, eval_: Eval, tmp_path: Path) -> None:
    done = judged("gamma-nonsense", "rubrics.yaml")
    assert done.status == 0
    assert "12 of 12 pairs have a reply that is not as asked: no verdict" in done.out
    assert "0 of 0 answers passed; 12 answers cannot be told" in done.out
    assert "llm-rubric: the judge's reply is not as asked: 'Both answers have their merits.'" in done.out
    ledger = ledger_of(tmp_path)
    (row,) = ledger.evaluations.all(OWNER)
    assert row.cells == {CellState.FINISHED: 6 * CASES}
    ledger.close()


def test_the_judges_word_stands_beside_the_owners_votes(
    judged: Judged,
    eval_: Eval,
    tmp_path: Path,
) -> None:
    done = judged("gamma-longer")
    assert "agrees with your votes" not in done.out
    suite = open_suite("plain.yaml", (tmp_path / "plain.yaml").read_bytes()).suite
    ledger = ledger_of(tmp_path)
    for number, asked in enumerate(suite.asked()):
        # The sides are drawn: both ways round are the same pair.
        sides = ("alpha-1 @ 127.0.0.1", "beta-1 @ 127.0.0.1")[:: 1 if number % 2 else -1]
        liked = "beta-1 @ 127.0.0.1" if number < 9 else "alpha-1 @ 127.0.0.1"
        vote = StoredVote(
            id=f"v{number}",
            run_a=f"a{number}",
            run_b=f"b{number}",
            candidate_a=sides[0],
            candidate_b=sides[1],
            prompt=BallotQuestion(asked.messages).digest,
            stand_in=False,
            created_at=datetime.now(UTC),
        )
        ledger.votes.begin(OWNER, vote)
        ledger.votes.close(OWNER, vote.id, "first" if sides[0] == liked else "second", characters=(1, 2))
    ledger.close()
    shown = eval_("show", done.id)
    assert "agrees with your votes in 75% (47 to 91), 12 pairs" in shown.out
    assert "by your votes in 75%" in shown.out


def test_a_judge_is_named_later_asked_once_within_the_cap_and_only_one(
    eval_: Eval,
    server: judges.Server,
    tmp_path: Path,
) -> None:
    done = eval_("run", "plain.yaml", "--models", "alpha-1,beta-1", "--cap-tokens", "9000", "--max-tokens", "50")
    assert done.status == 0
    server.tokens["gamma-longer"] = 600
    stopped = eval_("judge", done.id, "--judge", "gamma-longer")
    # The cap holds over answers and judge together; what it said so far stays.
    assert stopped.status == 1
    assert "its cap is reached" in stopped.out
    asked = server.asked.count("gamma-longer")
    assert 0 < asked < 2 * CASES
    assert eval_("judge", done.id, "--judge", "gamma-first").err == (
        f"Error: {done.id} has another judge already; an evaluation has one\n"
    )
    resumed = eval_("resume", done.id, "--cap-tokens", "1000000")
    assert resumed.status == 0
    assert Counter(server.asked) == {"alpha-1": CASES, "beta-1": CASES, "gamma-longer": 2 * CASES}
    assert eval_("resume", done.id).status == 0
    assert server.asked.count("gamma-longer") == 2 * CASES


def test_what_the_judge_failed_at_is_asked_again_and_judged_then(
    eval_: Eval,
    server: judges.Server,
    judged: Judged,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "EVALUATION_FAILURES", 5)
    server.models["gamma-longer"] = lambda _messages: judges.refusal("not today")
    done = judged("gamma-longer")
    assert done.status == 1
    # It is one judge, whatever it is asked about.
    assert server.asked.count("gamma-longer") < 2 * CASES
    server.models["gamma-longer"] = judges.longer
    again = eval_("retry", done.id, "--failed")
    assert again.status == 0
    assert "in 0% (0 to 2" in again.out
    assert server.asked.count("alpha-1") == CASES


def test_after_a_crash_the_finished_verdicts_stay_and_what_was_under_way_is_asked_on_request_alone(
    eval_: Eval, server: judges.Server, tmp_path: Path
) -> None:
    server.tokens["gamma-longer"] = 600
    done = eval_(
        "run", "plain.yaml", "--models", "alpha-1,beta-1", "--judge", "gamma-longer", "--cap-tokens", "9000",
        "--max-tokens", "50",
    )  # fmt: skip
    assert "its cap is reached" in done.out
    said = server.asked.count("gamma-longer")
    # A process claims three more, and is gone.
    gone = ledger_of(tmp_path)
    (row,) = gone.evaluations.all(OWNER)
    gone.evaluations.open(row.number, cap_picodollars=None, cap_tokens=10**7)
    step = gone.evaluations.step(row.number, Step((), (Want((2, 3), 3),), lambda _key: Amount(1000)))
    assert len(step.claimed) == 3
    gone.close()
    resumed = eval_("resume", row.id)
    assert resumed.status == 1
    assert "3 were under way when it stopped" in resumed.out
    assert "without a reply" in resumed.out
    assert server.asked.count("gamma-longer") == 2 * CASES - 3
    again = eval_("retry", row.id, "--interrupted")
    assert again.status == 0
    assert 0 < said < 2 * CASES
    assert Counter(server.asked) == {"alpha-1": CASES, "beta-1": CASES, "gamma-longer": 2 * CASES}
    assert "0 to 2" in again.out
