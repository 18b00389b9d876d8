"""How this process's own runs of a model ended."""

from glm_playground.gateway import Gateway
from glm_playground.runs.engine import Engine
from glm_playground.service.status import RunsSinceStart
from tests.asking import ask_for, finished


def test_runs_of_this_process_are_counted_by_server_and_model(engine: Engine, gateway: Gateway) -> None:
    runs = RunsSinceStart()
    for directive in ("tokens=3 rate=0", "status=500"):
        run = engine.start(ask_for(directive), gateway)
        finished(engine, run)
        runs.note(run)
    seen = runs.seen(gateway.origin, run.request.model)
    assert seen is not None
    assert (seen.failures, seen.runs) == (1, 2)
    assert seen.last_success is not None
    assert runs.seen("https://elsewhere.test", run.request.model) is None
