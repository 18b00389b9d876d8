"""How far an evaluation is, in a line."""

from glm_playground.cli.evaluation_lines import money, spending_text
from glm_playground.cli.evaluation_run import progress_text
from glm_playground.evals.execution import Progress
from glm_playground.ledger import LedgerLocked
from glm_playground.ledger.evaluation_values import CellState, Spending
from glm_playground.runs.caps import Amount

CELLS = {CellState.FINISHED: 1_200, CellState.CLAIMED: 60, CellState.WAITING: 8_740, CellState.FAILED: 3}
SPENDING = Spending(2 * 10**12, None, Amount(900, 120_000_000_000), Amount(4_000, 340_000_000_000))


def test_it_says_count_rate_time_left_spend_and_failures() -> None:
    found = Progress(CELLS, 60, 1_203, 10.0, SPENDING, {}, None)
    assert progress_text(found) == (
        "1,203 of 10,003  120.3/s  1 min 13 s left  $0.34 spent, $0.12 reserved  3 failed"
    )  # fmt: skip


def test_before_the_first_answer_nobody_knows_how_long_it_takes() -> None:
    found = Progress(CELLS, 60, 0, 10.0, SPENDING, {}, None)
    assert (found.rate, found.seconds_left) == (None, None)
    assert "left" not in progress_text(found)


def test_what_is_wrong_is_said_in_it_without_the_signs_of_a_terminal() -> None:
    found = Progress(CELLS, 60, 5, 10.0, SPENDING, {"glm-5.1 at X": "401 \x1b[2Jno"}, LedgerLocked("busy"))
    assert "glm-5.1 at X is asked no more: 401 [2Jno  waiting for the database" in progress_text(found)


def test_money_has_as_many_digits_as_it_needs() -> None:
    assert [money(Amount(0, amount).dollars) for amount in (0, 10**12, 15 * 10**11, 123_456_789_123)] == [
        "$0", "$1", "$1.5", "$0.123457",
    ]  # fmt: skip
    assert spending_text(SPENDING) == "$0.34 and 4,000 tokens spent, $0.12 and 900 tokens reserved, of $2"
