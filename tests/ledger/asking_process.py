"""Asks a gateway under caps as fast as it may: `python -m tests.ledger.asking_process URL GATEWAY CAPS N`.

Starts five runs at once, N times, and prints how many were sent. CAPS is JSON: the limits of everybody together.
"""

import json
import sys
from datetime import date
from decimal import Decimal

from glm_playground.gateway import ChatRequest, Gateway, Message
from glm_playground.ledger import Ledger
from glm_playground.ledger.cap_counter import CapCounter
from glm_playground.runs.caps import Key, Limits, Scope, UsageClaim
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.engine import Engine
from tests.asking import finished

DOLLARS_A_TOKEN = Decimal(1)
OUTPUT_TOKENS = 100
_RATE = DOLLARS_A_TOKEN * 10**6
_PRICE = Price({TokenClass.INPUT: Decimal(0), TokenClass.OUTPUT: _RATE}, "https://example.org", date(2026, 11, 1))
_REQUEST = ChatRequest(model="glm-5.1", messages=(Message(role="user", content="hi"),), max_tokens=OUTPUT_TOKENS)


async def _price() -> Price:
    return _PRICE


def main() -> None:
    url, gateway, caps, times = sys.argv[1:]
    limits = Limits(**{name: Decimal(value) for name, value in json.loads(caps).items()})
    ledger = Ledger.open(url)
    counter = CapCounter(lambda: ledger, {Scope.TOTAL: limits})
    engine = Engine(counter=counter)
    claim = UsageClaim((Key(Scope.TOTAL),), 10, OUTPUT_TOKENS, Decimal(0), _RATE)
    sent = 0
    for _time in range(int(times)):
        runs = [engine.start(_REQUEST, Gateway("x", gateway), claim=claim, price=_price) for _ in range(5)]
        sent += sum(finished(engine, run, 60).sent for run in runs)
    engine.close()
    counter.close()
    ledger.close()
    sys.stdout.write(f"{sent}\n")


if __name__ == "__main__":
    main()
