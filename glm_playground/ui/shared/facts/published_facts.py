"""What the catalogue says of a report's models: a table of facts with numbered sources, and price against quality."""

from collections.abc import Iterable, Iterator, Sequence

from glm_playground import bounds
from glm_playground.catalog import AnyFact, ModelCard, load_catalog
from glm_playground.catalog.comparison import fact_at, score_fact
from glm_playground.catalog.topics import Board, Topic, boards
from glm_playground.gateway import Gateway
from glm_playground.reports.charts import Dot, DotChart
from glm_playground.reports.conversation_report import Published
from glm_playground.reports.sections import Cell, Column, Table
from glm_playground.ui.shared.facts.board_words import board_name
from glm_playground.ui.shared.facts.cited import Cited
from glm_playground.ui.shared.facts.live_prices import laid_over, own_sellers, sources_of
from glm_playground.ui.shared.facts.plain_values import plain, unescaped
from glm_playground.ui.shared.facts.price_basis import PriceBasis, Prices, asked_sellers, load_line
from glm_playground.ui.shared.i18n import _


def published_of(models: Iterable[str], server: Gateway, basis: PriceBasis) -> Published:
    """What is published of `models`, which are ids; those without a card are left out.

    Args:
        models: asked in the report.
        server: whose prices are laid over the published ones.
        basis: whose prices count, at which workload.
    """
    catalog = load_catalog()
    known = [catalog[model] for model in dict.fromkeys(models) if model in catalog]
    cards = known[: bounds.REPORT_MODELS]
    over = laid_over(cards, server)
    prices = Prices(basis, asked_sellers(basis, own_sellers(over)), server.name, over)
    cited = Cited(sources_of(catalog, server))
    facts = _facts(cards, prices, cited) if cards else None
    charts = tuple(_price_and_quality(cards, prices, cited))
    return Published(
        charts,
        facts,
        tuple((line.text, line.url) for line in cited.lines()),
        {card.id: card.name for card in catalog.cards},
    )


def _facts(cards: Sequence[ModelCard], prices: Prices, cited: Cited) -> Table:
    labels = {
        "facts.release": _("Release"),
        "facts.size_total": _("Size, total"),
        "facts.size_active": _("Size, active"),
        "facts.context_tokens": _("Context"),
        "facts.max_output_tokens": _("Largest output"),
        "facts.input_modalities": _("Input modality"),
        "facts.thinking_types": _("Thinking, settings"),
        "facts.license": _("Licence"),
    }
    rows = [(label, [fact_at(card, key) for card in cards]) for key, label in labels.items()]
    offers = [prices.offer(card) for card in cards]
    rows.append((_("Input, 1M tokens"), [offer.price.input for offer in offers]))
    rows.append((_("Output, 1M tokens"), [offer.price.output for offer in offers]))
    return Table(
        _("As published; the numbers name the sources at the end. Prices: {sellers}.").format(
            sellers=prices.seller_names
        ),
        (Column(_("Fact")), *(Column(card.name) for card in cards)),
        tuple((Cell(label), *(_cell(fact, cited) for fact in facts)) for label, facts in rows),
    )


def _cell(fact: AnyFact, cited: Cited) -> Cell:
    return Cell(" ".join([plain(fact), *(f"[{number}]" for number in cited.numbers((fact,)))]))


def _price_and_quality(cards: Sequence[ModelCard], prices: Prices, cited: Cited) -> Iterator[DotChart]:
    """The board that shows most of the models at a price; none where it shows fewer than two."""
    blended = {card.id: prices.blended(prices.offer(card)) for card in cards}
    priced = {model for model, fact in blended.items() if fact.known}
    shown = [board for board in boards(cards) if board.topic is not Topic.SERVICE]
    best = max(shown, key=lambda board: len(priced & board.scores.keys()), default=None)
    if best is None or len(drawn := [card for card in cards if card.id in priced & best.scores.keys()]) < 2:
        return
    scores = {card.id: score_fact((best.scores[card.id],)) for card in drawn}
    dots = tuple(_dot(card, blended[card.id], scores[card.id]) for card in drawn)
    facts = [fact for card in drawn for fact in (blended[card.id], scores[card.id])]
    numbers = " ".join(f"[{number}]" for number in cited.numbers(facts))
    load = unescaped(load_line(prices.basis))
    note = _("Prices: {sellers}. {load}.").format(sellers=prices.seller_names, load=load)
    yield DotChart(
        _("Price against quality"),
        _("Price at your workload, USD per 1M tokens"),
        board_name(best),
        dots,
        f"{note} {_missing(cards, drawn, best)} {numbers}".replace("  ", " "),
    )


def _missing(cards: Sequence[ModelCard], drawn: Sequence[ModelCard], board: Board) -> str:
    names = [card.name for card in cards if card not in drawn]
    return _("Not shown: {models}").format(models=f"{', '.join(names)}.") if names else ""


def _dot(card: ModelCard, price: AnyFact, score: AnyFact) -> Dot:
    return Dot(card.name, float(price.value or 0), float(score.value or 0), f"{plain(price)}, {plain(score)}")
