"""Records the bundles in glm_playground/scenarios anew, with the stand-in model.

    uv run python scripts/record_scenarios.py

They are what the page Present shows, also without a network. Each says that the stand-in answered, not GLM.
"""

from pathlib import Path

from glm_playground.bundles.bundle import Bundle, RecordedRun, write_bundle
from glm_playground.bundles.snapshot import snapshot
from glm_playground.gateway import ChatRequest, Gateway, Message, Parameters
from glm_playground.gateway.configured import sandbox_gateway
from glm_playground.gateway.live import read_prices
from glm_playground.runs.cost import cost_of
from glm_playground.runs.engine import Engine
from glm_playground.runs.prices import listed_price
from glm_playground.sandbox.process import SandboxProcess

FOLDER = Path(__file__).parents[1] / "glm_playground" / "scenarios"
MODELS = ("glm-5.1", "glm-4.5-air")
SCENARIOS = {
    "chat": (
        "A question",
        "Explain in three short paragraphs why the sky is blue, for a curious ten-year-old.",
        Parameters(temperature=0.7, seed=5, max_tokens=300),
    ),
    "code": (
        "A piece of code",
        "Write a Python function that tells whether a text is a palindrome, and explain it in two sentences.",
        Parameters(temperature=0.3, seed=3, max_tokens=300),
    ),
    "automation": (
        "A note into JSON",
        'Turn this note into a JSON object with the fields "name", "date" and "task": '
        "Ana will send the report on 3 March.",
        Parameters(temperature=0.2, seed=2, max_tokens=120, response_format={"type": "json_object"}),
    ),
}


def record(engine: Engine, gateway: Gateway, name: str) -> Bundle:
    """Asks the scenario's prompt once for each model, one after the other."""
    title, prompt, parameters = SCENARIOS[name]
    prices = engine.ask(gateway, lambda client: read_prices(client, None)).result(30)
    recorded = []
    for lane, model in enumerate(MODELS):
        # Another seed a lane: the same small model answers for both.
        asked = parameters.model_copy(update={"seed": (parameters.seed or 0) + 7 * lane})
        request = ChatRequest(model=model, messages=(Message(role="user", content=prompt),), **dict(asked))
        run = engine.start(request, gateway)
        engine.wait_end([run], 120)
        recorded.append(RecordedRun(run=run, cost=cost_of(run, listed_price(gateway, prices, model)), lane=lane))
    return snapshot(recorded, title, "Recorded with the stand-in model, not with GLM.")


def main() -> None:
    """Writes the files."""
    engine = Engine()
    with SandboxProcess.start("standin") as sandbox:
        gateway = sandbox_gateway(sandbox.base_url, sandbox.key, sandbox.model)
        for name in SCENARIOS:
            bundle = record(engine, gateway, name)
            (FOLDER / f"{name}.glmrun").write_bytes(write_bundle(bundle))
            for one in bundle.runs:
                print(f"{name}, {one.run.request.model}: {one.run.outcome}, {len(one.run.events)} events")
                print(one.run.content)
    engine.close()


if __name__ == "__main__":
    main()
