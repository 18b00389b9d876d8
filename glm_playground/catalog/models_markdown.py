"""The catalogue as Markdown for programs that read text: a sheet for each model, and the list of them (llmstxt.org)."""

from collections.abc import Iterable

from glm_playground.catalog.card import ModelCard
from glm_playground.catalog.catalog import Catalog
from glm_playground.catalog.models_json import NOBODY
from glm_playground.catalog.sellers import SELLERS
from glm_playground.catalog.types import AnyFact, Claim, Score

# A quoted "<Update ..>" is no tag, and a backslash escapes nothing.
_SPECIAL = str.maketrans({"|": "\\|", "<": "\\<", "\\": "\\\\", "\n": " ", "\r": " "})


def llms_txt(catalog: Catalog, root: str) -> str:
    """What there is to read, as llmstxt.org has it; `root` is the address that the paths are appended to."""
    models = "".join(
        f"- [{card.name}]({root}/models/{card.id}.md): {_about(catalog, card)}\n" for card in catalog.cards
    )
    return f"""\
# GLM Playground

> Facts about Z.ai's GLM models, each with its source and the day it was read. What nobody published stays unknown.

## Models

{models}
## Data

- [All models]({root}/api/models.json): in models.dev's shape, with sources, conflicts and what is unknown
- [One model]({root}/api/models/{{id}}.json): the same for one id, with its scores and every fact
- [Schema]({root}/api/models.schema.json): JSON Schema of both
- [As models.dev has it]({root}/api.json): without additions, and only models of which all that it requires is known
- [Changed facts]({root}/api/changes.atom): Atom feed
"""


def model_markdown(catalog: Catalog, card: ModelCard) -> str:
    """The sheet of one model: facts, prices a seller, scores, and where sources disagree."""
    parts = [f"# {card.name}\n\nModel id: `{card.id}`\n", _facts(catalog, "Facts", card.facts.items())]
    for table in card.gateways:
        rows = [(key, fact) for key, fact in table.items() if fact.known]
        name = next((sheet.name for sheet in catalog.gateways if sheet.id == table.id), table.id)
        old = "The price list is one that the model is no longer on.\n\n" if table.price.historical else ""
        parts.append(_facts(catalog, f"On {name}", rows, old))
    parts.append(_scores(catalog, [*card.scores, *(score for table in card.gateways for score in table.scores)]))
    parts.append(_disagreements(catalog, card))
    return "\n".join(part for part in parts if part)


def _about(catalog: Catalog, card: ModelCard) -> str:
    facts = card.facts
    said = [
        *([f"best for “{card.best_for.value}”"] if card.best_for.known else []),
        f"{facts.context_tokens.value:,} tokens of context" if facts.context_tokens.known else "context unknown",
        _price(catalog, card),
        f"licence {facts.license.value}" if facts.license.known else "licence unknown",
        f"released {facts.release.value}" if facts.release.known else "release unknown",
    ]
    return "; ".join(said)


def _price(catalog: Catalog, card: ModelCard) -> str:
    """The published price of the first seller that has one."""
    for seller in SELLERS:
        price, sheet = card.price(seller), catalog.gateway(seller)
        if price.known and not price.historical:
            said_by = sheet.name if sheet else seller
            return f"${price.input.value} in, ${price.output.value} out per 1M tokens by {said_by}"
    return "price unknown"


def _facts(catalog: Catalog, title: str, rows: Iterable[tuple[str, AnyFact]], note: str = "") -> str:
    told = list(rows)
    if not told:
        return ""
    shown = [(key, fact) for key, fact in told if fact.known or fact.why]
    lines = [f"| {key} | {_value(fact.value, fact.unit)} | {_said(catalog, fact)} |\n" for key, fact in shown]
    head = "| fact | value | source |\n|---|---|---|\n"
    missing = [key for key, fact in told if not fact.known and not fact.why]
    rest = f"\nUnknown ({NOBODY}): {', '.join(missing)}.\n" if missing else ""
    return f"## {title}\n\n{note}{head}{''.join(lines)}{rest}"


def _scores(catalog: Catalog, scores: Iterable[Score]) -> str:
    lines = [
        f"| {_cell(score.benchmark)} | {_result(score)} | {_cell(score.conditions or 'not stated')} "
        f"| {_cell(score.publisher)}, {_address(catalog, score.source)} |\n"
        for score in scores
    ]
    if not lines:
        return ""
    head = "| benchmark | result | conditions | source |\n|---|---|---|---|\n"
    return f"## Scores\n\nOnly results under the same conditions can be compared.\n\n{head}{''.join(lines)}"


def _disagreements(catalog: Catalog, card: ModelCard) -> str:
    lines = []
    for key, fact in card.all_facts():
        if fact.disagrees:
            others = "; ".join(
                f"{_value(claim.value, fact.unit)} ({_source(catalog, claim)})" for claim in fact.dissenting
            )
            lines.append(f"- **{key}**: {_cell(fact.why or '')} Others say: {others}\n")
    return f"## Where sources disagree\n\n{''.join(lines)}" if lines else ""


def _value(value: object, unit: str | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
    return _cell(f"{text} {unit}" if unit else text)


def _result(score: Score) -> str:
    """The printed form, with the unit unless it is printed there: "58.4%", "$5,634.41"."""
    printed = score.published
    signed = printed.endswith("%") or printed.startswith("$")
    return _cell(printed if signed or not score.unit else f"{printed} {score.unit}")


def _said(catalog: Catalog, fact: AnyFact) -> str:
    """Who says it, with the words it rests on; why nobody does."""
    if fact.chosen is None:
        return _cell(fact.why or "")
    words = [f"“{fact.chosen.quote}”" if fact.chosen.quote else "", fact.chosen.note or ""]
    return "; ".join((_source(catalog, fact.chosen), *(_cell(text) for text in words if text)))


def _source(catalog: Catalog, claim: Claim[object]) -> str:
    publisher = _cell(catalog.sources[claim.source].publisher)
    kind = ", inferred" if claim.kind == "inferred" else ""
    return f"{publisher}{kind}, read {claim.read}, {_address(catalog, claim.source)}"


def _address(catalog: Catalog, source_id: str) -> str:
    source = catalog.sources[source_id]
    return f"<{source.url}>" if source.url else "no public address"


def _cell(text: str) -> str:
    return text.translate(_SPECIAL).strip()
