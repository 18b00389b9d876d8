"""What is said of needs, aspects and places: plain text, with the facts behind every number in it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from glm_playground.catalog import AnyFact, Catalog, Fact
from glm_playground.catalog.choice import (
    LEAST_MEASURED,
    MEASURED,
    TOPICS,
    Aspect,
    AssessedModel,
    Shortlist,
    boards_of,
    context_of,
    scored_in,
)
from glm_playground.catalog.comparison import score_fact
from glm_playground.catalog.needs import Checked, Evidence, Feature, Need, NeedName, Said, Use
from glm_playground.catalog.ranking import Standing
from glm_playground.catalog.sellers import OWN
from glm_playground.catalog.topics import Board
from glm_playground.evals.probe_suite import Probe
from glm_playground.ui.shared.facts.board_words import board_name
from glm_playground.ui.shared.facts.plain_values import plain, unescaped
from glm_playground.ui.shared.facts.price_basis import seller_name
from glm_playground.ui.shared.facts.probe_words import probe_names
from glm_playground.ui.shared.figures import dollars, per_second, seconds
from glm_playground.ui.shared.i18n import _, day, ngettext, number

_MOST_BOARDS = 2
_MOST_RIVALS = 3


class Statement(NamedTuple):
    """A sentence as plain text, with the facts that stand behind it."""

    text: str
    facts: tuple[AnyFact, ...] = ()


def aspect_names() -> dict[Aspect, str]:
    """The aspects, as they are chosen."""
    return {
        Aspect.CODING: _("Coding"),
        Aspect.AGENTS: _("Agents"),
        Aspect.REASONING: _("Reasoning"),
        Aspect.KNOWLEDGE: _("Knowledge"),
        Aspect.VISION: _("Vision"),
        Aspect.PRICE: _("Price"),
        Aspect.SPEED: _("Measured speed"),
        Aspect.TTFT: _("Measured TTFT"),
        Aspect.SUCCESS: _("Measured success"),
        Aspect.CONTEXT: _("Context"),
    }


def flag_names() -> dict[str, str]:
    """The needs that are there or not, by name."""
    return {
        "tools": _("Tools"),
        "vision": _("Images as input"),
        "open_weights": _("Open weights"),
        "thinking_off": _("Thinking can be turned off"),
    }


def use_names() -> dict[Use, str]:
    """What a licence is asked about."""
    return {
        Use.API: _("A product that asks a gateway"),
        Use.OWN_SERVERS: _("A product on the weights, on my own servers"),
        Use.SERVICE: _("The weights as a service, with a revenue above $10 billion"),
    }


def need_text(name: NeedName | Feature, need: Need, own_name: str) -> str:
    """A need with what is asked for."""
    match name:
        case Feature(said=Said.ADVERTISED, name=feature):
            return _("{feature}, advertised").format(feature=probe_names()[Probe(feature)])
        case Feature(name=feature):
            return _("{feature}, measured on my gateway").format(feature=probe_names()[Probe(feature)])
        case NeedName.CONTEXT:
            return _("Context of at least {count} tokens").format(count=number(need.context or 0))
        case NeedName.OUTPUT:
            return _("Output of at least {count} tokens").format(count=number(need.output or 0))
        case NeedName.USE:
            return _("Licence for: {use}").format(use=use_names()[need.use or Use.API])
        case NeedName.PRICE:
            return _("At most {amount} per 1M tokens").format(amount=dollars(need.price or Decimal(0)))
        case NeedName.SELLER:
            return _("Offered by {seller}").format(seller=seller_name(need.seller or OWN, own_name))
        case NeedName.GPUS:
            gpus, memory = need.gpus or (0, 0)
            return _("Weights fit on {gpus} GPUs of {memory} GB").format(gpus=number(gpus), memory=number(memory))
        case _:
            return flag_names()[name.value]


def checked_statement(checked: Checked, candidate: AssessedModel, need: Need, own_name: str) -> Statement:
    """A need, and what the facts say of it."""
    match checked.need:
        case Feature():
            found = _feature_statement(checked.evidence)
        case NeedName.PRICE:
            found = price_statement(candidate, own_name)
        case NeedName.GPUS if checked.evidence[0].key.startswith("facts.gpu_memory_"):
            found = _memory_statement(checked.evidence, need.gpus or (0, 0))
        case NeedName.GPUS:
            found = Statement(_("there are no open weights"), tuple(evidence.fact for evidence in checked.evidence))
        case _:
            found = _values_statement(checked)
    return Statement(f"{need_text(checked.need, need, own_name)}: {found.text}", found.facts)


def _values_statement(checked: Checked) -> Statement:
    """What the facts say; where that is no number and no yes or no, whether it meets the need stands before it."""
    facts = tuple(evidence.fact for evidence in checked.evidence)
    text = "; ".join(map(_value, facts))
    if checked.met is not None and isinstance(facts[0].value, str | tuple):
        answer = _("yes") if checked.met else _("no")
        text = f"{answer} ({text})"
    return Statement(text, facts)


def _feature_statement(evidence: Sequence[Evidence]) -> Statement:
    """Whether it is there, and of a measured one by which probe and what is advertised: "yes (...); advertised: no"."""
    facts = tuple(one.fact for one in evidence)
    if not facts:
        return Statement(_value(Fact[bool]()))
    first, *beside = facts
    text = unescaped(_value(first))
    if first.chosen and first.chosen.note:
        text += f" ({unescaped(first.chosen.note)}, {day(first.chosen.read)})"
    texts = [text, *(_("advertised: {answer}").format(answer=_value(fact)) for fact in beside)]
    return Statement("; ".join(texts), facts)


def _value(fact: AnyFact) -> str:
    if fact.known:
        return plain(fact)
    return _("unknown: {reason}").format(reason=_(fact.why) if fact.why else _("nobody published it"))


def price_statement(candidate: AssessedModel, own_name: str) -> Statement:
    """The blended price with its seller, or which price is missing."""
    offer = candidate.offer
    amount, used = offer.cost.per_million, [term for term in offer.cost.terms if term.tokens_a_day]
    classes = {"input": _("input"), "cache_read": _("cached input"), "output": _("output")}
    if amount is None or offer.seller is None:
        missing = ", ".join(classes[term.token_class] for term in offer.cost.missing)
        text = _("unknown: no price for {classes} of the sellers asked").format(classes=missing)
        return Statement(text, tuple(term.price for term in offer.cost.missing))
    parts = ", ".join(f"{classes[term.token_class]} {dollars(term.price.value or Decimal(0))}" for term in used)
    text = _("{amount} per 1M tokens by {seller} ({parts})")
    return Statement(
        text.format(amount=dollars(amount), seller=seller_name(offer.seller, own_name), parts=parts),
        tuple(term.price for term in used),
    )


def _memory_statement(evidence: Sequence[Evidence], gpus: tuple[int, int]) -> Statement:
    facts = tuple(one.fact for one in evidence)
    if not facts[0].known:
        return Statement(_("unknown: nobody published how much memory the weights take"), facts)
    name = evidence[0].key.rpartition("_")[2].upper()
    text = _("{format} takes {needed} GB of {there} GB for the weights alone")
    return Statement(
        text.format(format=name, needed=number(facts[0].value or 0), there=number(gpus[0] * gpus[1])), facts
    )


def place_text(candidate: AssessedModel) -> str:
    """The place, or the places that it could be: "1", "3–6"."""
    if candidate.first == candidate.last:
        return number(candidate.place or 0)
    return f"{number(candidate.first or 0)}–{number(candidate.last or 0)}"


def standing_text(standing: Standing) -> str:
    """A place in one aspect: "2 of 7"."""
    count = number(standing.others + 1)
    return _("{place} of {count}").format(place=number(standing.place), count=count)


def aspect_statement(aspect: Aspect, candidate: AssessedModel, shortlist: Shortlist, catalog: Catalog) -> Statement:
    """How a model stands in an aspect, and by which numbers; or why it is not compared."""
    standing = candidate.standings.get(aspect)
    name = aspect_names()[aspect]
    if standing is None:
        return Statement(f"{name}: {_why_not_compared(aspect, candidate, shortlist, catalog)}")
    detail = _detail(aspect, candidate, shortlist, catalog)
    told = _compared(aspect, standing.others).format(before=number(standing.before), count=number(standing.others))
    if standing.tied:
        told += " " + ngettext("({count} equal)", "({count} equal)", standing.tied).format(count=number(standing.tied))
    return Statement(f"{name}: {told}. {detail.text}".rstrip(), detail.facts)


def _compared(aspect: Aspect, others: int) -> str:
    """How many others stand behind, in the aspect's own word."""
    if aspect is Aspect.PRICE:
        return ngettext("cheaper than {before} of {count} other", "cheaper than {before} of {count} others", others)
    if aspect is Aspect.CONTEXT:
        return ngettext("longer than {before} of {count} other", "longer than {before} of {count} others", others)
    if aspect is Aspect.SPEED:
        return ngettext("faster than {before} of {count} other", "faster than {before} of {count} others", others)
    if aspect is Aspect.TTFT:
        return ngettext("sooner than {before} of {count} other", "sooner than {before} of {count} others", others)
    if aspect is Aspect.SUCCESS:
        return ngettext(
            "answers more often than {before} of {count} other",
            "answers more often than {before} of {count} others",
            others,
        )
    return ngettext("ahead of {before} of {count} other", "ahead of {before} of {count} others", others)


def _detail(aspect: Aspect, candidate: AssessedModel, shortlist: Shortlist, catalog: Catalog) -> Statement:
    if aspect is Aspect.PRICE:
        return price_statement(candidate, shortlist.known.own_name)
    if aspect is Aspect.CONTEXT:
        fact = context_of(candidate)
        return Statement(plain(fact), (fact,))
    if aspect in MEASURED:
        return _measured(aspect, candidate, shortlist)
    found = boards_of(candidate, shortlist.fitting, aspect, catalog, shortlist.question.unstated)
    told = [_board_statement(board, candidate, shortlist) for board in found[:_MOST_BOARDS]]
    texts, facts = [statement.text for statement in told], [fact for statement in told for fact in statement.facts]
    if more := len(found) - len(told):
        texts.append(ngettext("and {count} more board", "and {count} more boards", more).format(count=number(more)))
    return Statement("; ".join(texts), tuple(facts))


def _board_statement(board: Board, candidate: AssessedModel, shortlist: Shortlist) -> Statement:
    names = {one.card.id: one.card.name for one in shortlist.fitting}
    mine = score_fact((board.scores[candidate.card.id],))
    rivals = [(names[model], score_fact((score,))) for model, score in board.scores.items() if model in names]
    rivals = [rival for rival in rivals if rival[0] != candidate.card.name]
    rivals.sort(key=lambda rival: -(rival[1].value or 0))
    told = [f"{name} {plain(fact)}" for name, fact in rivals[:_MOST_RIVALS]]
    if more := len(rivals) - len(told):
        told.append(ngettext("{count} more", "{count} more", more).format(count=number(more)))
    text = _("{board}: {mine} against {others}")
    return Statement(
        text.format(board=board_name(board), mine=plain(mine), others=", ".join(told)),
        (mine, *(fact for _name, fact in rivals[:_MOST_RIVALS])),
    )


def _measured(aspect: Aspect, candidate: AssessedModel, shortlist: Shortlist) -> Statement:
    texts, facts = [], []
    for gateway, figures in shortlist.known.measured.get(aspect, {}).items():
        if (fact := figures.get(candidate.card.id)) and fact.value is not None:
            note = f" ({fact.note})" if fact.note else ""
            texts.append(f"{gateway}: {_figure(aspect, fact.value)}{note}")
            facts.append(fact)
    return Statement("; ".join(texts), tuple(facts))


def _figure(aspect: Aspect, value: float) -> str:
    if aspect is Aspect.TTFT:
        return seconds(value * 1e9)
    return f"{number(value, 1)}%" if aspect is Aspect.SUCCESS else per_second(value)


def _why_not_compared(aspect: Aspect, candidate: AssessedModel, shortlist: Shortlist, catalog: Catalog) -> str:
    if len(shortlist.fitting) == 1:
        return _("not compared; no other model meets the needs")
    if aspect in TOPICS:
        if scored_in(candidate, aspect, catalog):
            return _("not compared; its scores are published under other conditions than those of these models")
        return _("not compared; nobody published a score")
    if aspect in MEASURED:
        return _("not compared; you have too few runs of it, or of no other of these models on the same gateway")
    if aspect is Aspect.PRICE:
        return _("not compared; the sellers asked have no price for it")
    return _("not compared; nobody published it")


def aspects_of(shortlist: Shortlist) -> tuple[Aspect, ...]:
    """The aspects that have a weight."""
    return tuple(aspect for aspect in Aspect if shortlist.question.weights.get(aspect, 0) > 0)


def reasons(candidate: AssessedModel, shortlist: Shortlist, catalog: Catalog) -> list[Statement]:
    """Why a model stands where it does: its aspects, then the needs it meets."""
    found = [aspect_statement(aspect, candidate, shortlist, catalog) for aspect in aspects_of(shortlist)]
    need = shortlist.question.need
    found += [checked_statement(checked, candidate, need, shortlist.known.own_name) for checked in candidate.checked]
    if candidate.place is not None and candidate.first != candidate.last:
        text = _("What is not compared could make it place {first} to {last}.")
        found.append(Statement(text.format(first=number(candidate.first or 0), last=number(candidate.last or 0))))
    return found


def shorter_reasons(candidate: AssessedModel, shortlist: Shortlist, catalog: Catalog) -> list[Statement]:
    """Why a model has no place: what it is not compared in."""
    aspects = [aspect for aspect in aspects_of(shortlist) if aspect not in candidate.standings]
    return [aspect_statement(aspect, candidate, shortlist, catalog) for aspect in aspects]


def method() -> list[str]:
    """How places are made, a paragraph each."""
    return [
        _(
            "A score is held only against scores of the same benchmark, unit and publisher under the same stated "
            "conditions; where no conditions are stated, only within one document. Such scores are a board. Scores of "
            "different boards are never added up or averaged."
        ),
        _(
            "A model that is ahead of another on more boards than behind it stands before it, by however little, and "
            "before all that this one stands before. In an aspect it gets the share of the other compared models that "
            "it stands before, and half of those it stands neither before nor behind. Price and context go by their "
            "values, what was measured by the medians of your own runs on one gateway, of {count} runs at least."
        ).format(count=number(LEAST_MEASURED)),
        _(
            "The order is by the mean of these shares, by weight, over the aspects that a model is compared in. An "
            "aspect that it is not compared in counts neither for nor against it: it is named, and a place such as "
            "3–6 says what it could change. Who is not compared in more than half of the weight gets no place, unless "
            "no other model meets the needs."
        ),
    ]
