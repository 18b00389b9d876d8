"""Evaluations for tests: suites of scripted prompts, asked of the sandbox."""

from datetime import date
from decimal import Decimal

import httpx

from glm_playground.chat.setup import Setup
from glm_playground.evals.evaluation import new_evaluation
from glm_playground.evals.execution import Execution
from glm_playground.evals.suite import Case, Check, CheckKind, PromptTemplate, Suite
from glm_playground.evals.work import Candidate, Work
from glm_playground.gateway import Gateway, Message, Parameters
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.drive import AskPrice
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxProcess

OWNER = "me"
MOST_TOKENS = 20
PRICE = Price(
    {TokenClass.INPUT: Decimal("0.90"), TokenClass.OUTPUT: Decimal("3.00")}, "https://example.org", date(2026, 11, 23)
)
"""What the sandbox takes for glm-5.1."""


def suite_of(*scripts: str, expected: str = "yes") -> Suite:
    """A case of each script, such as `text=yes`; an answer passes where it is `expected`."""
    check = Check(kind=CheckKind.EQUALS, value=expected)
    cases = tuple(
        Case(id=f"case-{number}", variables={"script": script, "number": f"{number:03}"}, checks=(check,))
        for number, script in enumerate(scripts)
    )
    content = "@script {{script}}\nNumber {{number}}"
    prompt = PromptTemplate(label="", messages=(Message(role="user", content=content),))
    return Suite(name="scripted", prompts=(prompt,), cases=cases)


def setup_of(gateway: Gateway, model: str = "glm-5.1", **fields: float) -> Setup:
    return Setup(model=model, gateway=gateway.name, parameters=Parameters(max_tokens=MOST_TOKENS, **fields))  # type: ignore[arg-type]


def work_of(suite: Suite, gateway: Gateway, *more: Candidate) -> Work:
    return Work(suite, (Candidate(setup_of(gateway), gateway, price=lambda: PRICE), *more))


def add(
    ledger: Ledger, work: Work, *, repeats: int = 1, dollars: Decimal | None = None, tokens: int | None = None
) -> EvaluationRow:
    setups = [candidate.setup for candidate in work.candidates]
    new = new_evaluation(work.suite, setups, repeats, name="", dollars=dollars, tokens=tokens)
    return ledger.evaluations.add(OWNER, new)


def opened(ledger: Ledger, row: EvaluationRow, *, dollars: Decimal | None = None) -> EvaluationRow:
    """The evaluation, opened with its own caps, or another one in dollars."""
    cap = row.spending.cap_picodollars if dollars is None else int(dollars * 10**12)
    ledger.evaluations.open(row.number, cap_picodollars=cap, cap_tokens=row.spending.cap_tokens)
    return stored(ledger, row)


def stored(ledger: Ledger, row: EvaluationRow) -> EvaluationRow:
    found = ledger.evaluations.find(row.owner, row.id)
    assert found
    return found


def execution(ledger: Ledger, row: EvaluationRow, work: Work, engine: Engine, *, at_most: int = 4) -> Execution:
    return Execution(ledger.evaluations, opened(ledger, row), work, engine, price_question, at_most=at_most)


def price_question(_gateway: Gateway, _model: str) -> AskPrice:
    async def price() -> Price:
        return PRICE

    return price


def run_ids(ledger: Ledger, row: EvaluationRow) -> list[str]:
    """The runs of its cells."""
    return [cell.run_id for cell in ledger.evaluations.cells(row.number) if cell.run_id]


def states(ledger: Ledger, row: EvaluationRow) -> dict[CellState, int]:
    return dict(stored(ledger, row).cells)


def balance(sandbox: SandboxProcess) -> Decimal:
    """Play dollars that are left, exact."""
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    found = httpx.get(f"{sandbox.base_url}/api/v1/me/balance", headers=headers, trust_env=False, timeout=20)
    return Decimal(found.json()["sandbox"]["exact_balance_usd"])
