"""Works on an evaluation: `python -m tests.ledger.evaluating_process DATABASE EVALUATION GATEWAY KEY`.

Says "ready", waits for a line, works until nothing can be done any more, and prints how the evaluation stands.
"""

import sys

from pydantic import SecretStr

from glm_playground.evals.candidates import stored_candidates
from glm_playground.evals.execution import Execution
from glm_playground.evals.suite import Suite
from glm_playground.evals.work import Candidate, Work
from glm_playground.gateway import Gateway
from glm_playground.ledger import Ledger
from glm_playground.runs.engine import Engine
from tests.evaluations import OWNER, PRICE, price_question


def main() -> None:
    url, id, address, key = sys.argv[1:]
    ledger = Ledger.open(url)
    row = ledger.evaluations.find(OWNER, id)
    assert row
    gateway = Gateway("Sandbox", address, key=SecretStr(key), stand_in="scripted text", failed_not_charged=True)
    setups = stored_candidates(row.candidates)
    suite = Suite.model_validate_json(ledger.evaluations.suite(row.number))
    work = Work(suite, [Candidate(setup, gateway, price=lambda: PRICE) for setup in setups])
    engine = Engine()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    state = Execution(ledger.evaluations, row, work, engine, price_question, at_most=4).run()
    engine.close()
    ledger.close()
    sys.stdout.write(f"{state.value}\n")


if __name__ == "__main__":
    main()
