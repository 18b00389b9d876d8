"""By what prices are told, on every page that tells them: whose they are, for which workload, in which currency.

All of it stands in the address, so that who opens a link sees the same amounts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

import streamlit as st

from glm_playground import bounds
from glm_playground.catalog import Claim, Fact, ModelCard
from glm_playground.catalog.comparison import LaidOver
from glm_playground.catalog.running_cost import Load
from glm_playground.catalog.sellers import BASES, OWN, SELLERS, Basis, SellerOffer, gateway_of, offer
from glm_playground.ui.shared.facts.fact_values import aside
from glm_playground.ui.shared.facts.live_prices import own_sellers
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.own_html import draw_text
from glm_playground.ui.shared.text.answer_markdown import literal

LOAD, SELLERS_ASKED, RATE = "load", "prices", "rate"
"""Names in the address."""

CURRENCIES = ("BRL", "EUR")
_SIGNS = {"BRL": "R$", "EUR": "€"}
_MOST_REQUESTS, _MOST_TOKENS = 1_000_000_000, 10_000_000
_MOST_SELLERS = 6
_MOST_RATE, _MOST_RATES = Decimal(1_000_000), 9
_KEPT = "price_basis"
_WIDTH = 170
_FIGURES = Context(prec=4)
"""A blended price is told with so many figures."""
_FIELDS = ("requests", "in", "out", "thinking", "cached")


@dataclass(frozen=True)
class Rate:
    """What a US dollar is in another currency, as the user said; nobody else stands behind it."""

    currency: str
    per_dollar: Decimal


@dataclass(frozen=True)
class PriceBasis:
    """By what prices are told."""

    load: Load
    sellers: Basis | None = None
    """None for the configured gateway first and then the published sellers."""
    rates: tuple[Rate, ...] = ()


DEFAULT = PriceBasis(Load(1_000, 2_000, 500))


def basis_of(address: Mapping[str, str]) -> PriceBasis:
    """What an address says; the default for each part that it leaves out or spells wrong."""
    return PriceBasis(
        load_of(address.get(LOAD, "")) or DEFAULT.load,
        sellers_of(address.get(SELLERS_ASKED, "")),
        rates_of(address.get(RATE, "")),
    )


def address_of(basis: PriceBasis) -> dict[str, str]:
    """The parts of the address that say it, without those that are the default."""
    load, found = basis.load, {}
    if load != DEFAULT.load:
        parts = (load.requests_a_day, load.tokens_in, load.tokens_out, load.tokens_thinking, load.cached_percent)
        found[LOAD] = "-".join(map(str, parts))
    if basis.sellers:
        found[SELLERS_ASKED] = ",".join(basis.sellers)
    if basis.rates:
        found[RATE] = ",".join(f"{rate.currency}-{rate.per_dollar}" for rate in basis.rates)
    return found


def load_of(text: str) -> Load | None:
    """A load such as "1000-2000-500-0-20": requests a day, tokens in, out and thinking, percent from the cache."""
    parts = text.split("-")
    if len(parts) != len(_FIELDS) or not all(part.isascii() and part.isdecimal() and len(part) < 12 for part in parts):
        return None
    requests, tokens_in, tokens_out, thinking, cached = map(int, parts)
    if requests > _MOST_REQUESTS or not 1 <= tokens_in <= _MOST_TOKENS or cached > 100:
        return None
    if max(tokens_out, thinking) > _MOST_TOKENS:
        return None
    return Load(requests, tokens_in, tokens_out, Decimal(cached), thinking)


def sellers_of(text: str) -> Basis | None:
    """Sellers such as "runapi,zai", each once; None where one is not known."""
    names = tuple(text.split(","))
    known = all(name in (OWN, *SELLERS) or _is_gateway(name) for name in names)
    return names if known and len(set(names)) == len(names) <= _MOST_SELLERS else None


def _is_gateway(seller: str) -> bool:
    name = gateway_of(seller)
    return name is not None and 0 < len(name) <= bounds.GATEWAY_CHARACTERS


def rates_of(text: str) -> tuple[Rate, ...]:
    """Rates such as "BRL-5.43,EUR-0.86"; those that are spelt wrong are left out."""
    found = {
        rate.currency: rate for part in text.split(",")[:_MOST_RATES] if (rate := _rate(*part.partition("-")[::2]))
    }
    return tuple(found[currency] for currency in CURRENCIES if currency in found)


def _rate(currency: str, amount: object) -> Rate | None:
    try:
        per_dollar = Decimal(str(amount))
    except InvalidOperation:
        return None
    if currency not in CURRENCIES or not per_dollar.is_finite() or not 0 < per_dollar <= _MOST_RATE:
        return None
    return Rate(currency, per_dollar)


def price_basis() -> PriceBasis:
    """What the address says, else what was chosen before in this session; the address is made to say it."""
    address = st.query_params.to_dict()
    if any(name in address for name in (LOAD, SELLERS_ASKED, RATE)):
        basis = basis_of(address)
    else:
        basis = st.session_state.get(_KEPT, DEFAULT)
        _say(basis)
    st.session_state[_KEPT] = basis
    return basis


def kept_basis() -> PriceBasis:
    """What was chosen last in this session, for a page whose address says nothing of prices."""
    kept: PriceBasis = st.session_state.get(_KEPT, DEFAULT)
    return kept


def _say(basis: PriceBasis) -> None:
    wanted = address_of(basis)
    for name in (LOAD, SELLERS_ASKED, RATE):
        if name in wanted and st.query_params.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]
        elif name not in wanted and name in st.query_params:
            del st.query_params[name]


def asked_sellers(basis: PriceBasis, own: Basis) -> Basis:
    """The sellers to ask for a price; the configured gateway's own list goes first where nobody chose.

    Args:
        basis: what was chosen; gateways in it that have no prices here are left out.
        own: the configured gateways with prices of their own (`live_prices.own_sellers`).
    """
    known = tuple(seller for seller in basis.sellers or () if seller in SELLERS or seller in own)
    if known:
        return known
    return (OWN, *BASES[0]) if OWN in own else BASES[0]


def basis_names(own: Basis, own_name: str) -> dict[Basis, str]:
    """The bases to choose from, with their names."""
    chains = [basis for seller in own for basis in ((seller, *BASES[0]), (seller,))]
    return {basis: _chain(basis, own_name) for basis in (*chains, *BASES)}


def _chain(basis: Basis, own_name: str) -> str:
    first, *others = (seller_name(seller, own_name) for seller in basis)
    for other in others:
        first = _("{first}, else {other}").format(first=first, other=other)
    return first


def seller_name(seller: str, own_name: str) -> str:
    """A seller's name as it is."""
    return gateway_of(seller) or {"runapi": "RunAPI", "zai": "Z.ai", "vercel": "Vercel", OWN: own_name}[seller]


def amount_text(amount: Decimal | None, rates: Sequence[Rate]) -> str:
    """US dollars, and at the user's rates beside them; Markdown."""
    if amount is None:
        return _("unknown")
    others = " · ".join(_converted(amount, rate) for rate in rates)
    return literal(dollars(amount)) + (f" ({others})" if others else "")


def _converted(amount: Decimal, rate: Rate) -> str:
    other = amount * rate.per_dollar
    digits = 2 if other >= 1 or other == 0 else min(2 - other.adjusted(), 8)
    return f"{literal(_SIGNS[rate.currency])}\u00a0{literal(number(other, digits))}"


def load_line(basis: PriceBasis) -> str:
    """The workload in words, and whose rate another currency is at; Markdown."""
    load = basis.load
    text = _("{in_} tokens in, {out} out and {thinking} of thinking (paid as output) a request, {cached}% from cache")
    line = text.format(
        in_=number(load.tokens_in),
        out=number(load.tokens_out),
        thinking=number(load.tokens_thinking),
        cached=number(load.cached_percent),
    )
    for rate in basis.rates:
        told = _("1 US dollar is {amount} {currency}: your rate")
        line += "; " + told.format(amount=number(rate.per_dollar, 4), currency=rate.currency)
    return line


@dataclass(frozen=True)
class Prices:
    """What models cost on a basis."""

    basis: PriceBasis
    sellers: Basis
    """Whom to ask, in this order."""
    own_name: str
    """Of the configured gateway."""
    over: LaidOver
    """Prices read now."""

    @property
    def own(self) -> Basis:
        """The configured gateways, none of them a published seller, that have prices of their own."""
        return own_sellers(self.over)

    def offer(self, card: ModelCard) -> SellerOffer:
        """Who sells the model, and at what price."""
        return offer(card, self.sellers, self.basis.load, self.over)

    def seller(self, offered: SellerOffer) -> str:
        """The name of who makes the offer; empty where nobody does."""
        return seller_name(offered.seller, self.own_name) if offered.seller else ""

    def blended(self, offered: SellerOffer) -> Fact[Decimal]:
        """The blended price as a fact: inferred from the seller's prices, whose sources stand behind it."""
        value = offered.cost.per_million
        if value is None:
            return Fact[Decimal](why=_("the sellers asked have no price for it"))
        value = _FIGURES.create_decimal(value).normalize()
        used = [term.price for term in offered.cost.terms if term.tokens_a_day and term.price.known]
        note = _("by {seller}, at your workload").format(seller=self.seller(offered))
        claims = {
            price.source: Claim[Decimal](value=value, source=price.source, read=price.read, kind="inferred", note=note)
            for price in used
            if price.source and price.read
        }
        return Fact[Decimal](value=value, unit="USD / 1M tokens", claims=tuple(claims.values()))

    @property
    def seller_names(self) -> str:
        """The sellers in words: "RunAPI, else Z.ai"."""
        return _chain(self.sellers, self.own_name)


def prices_now(over: LaidOver, own_name: str) -> Prices:
    """The prices on the basis that the address says."""
    basis = price_basis()
    return Prices(basis, asked_sellers(basis, own_sellers(over)), own_name, over)


def draw_basis(prices: Prices, *, unfolded: bool = False) -> None:
    """Draws whose prices count, and the workload with the currencies; folded, it is to be called in a row."""
    if unfolded:
        _draw_sellers(prices)
        _draw_workload(prices.basis, prices.own)
        return
    popover = st.popover(_("Prices and workload"), icon=":material/tune:", key="basis", on_change="rerun")
    if popover.open:
        with popover:
            _draw_sellers(prices)
            _draw_workload(prices.basis, prices.own)
    # Beside the button: one whose words change is another one to Streamlit, and its list closes.
    shown = _("Prices of {sellers}").format(sellers=literal(prices.seller_names))
    draw_text(aside(shown), width="content")


def _draw_sellers(prices: Prices) -> None:
    names = basis_names(prices.own, prices.own_name)
    asked = asked_sellers(prices.basis, prices.own)
    names.setdefault(asked, _chain(asked, prices.own_name))
    st.session_state["basis_sellers"] = asked
    st.selectbox(
        _("Prices of"),
        list(names),
        format_func=names.__getitem__,
        key="basis_sellers",
        on_change=_take_over,
        args=(prices.own,),
        width=250,
    )


def _draw_workload(basis: PriceBasis, own: Basis) -> None:
    state, load = st.session_state, basis.load
    fields = (
        ("requests", _("Requests a day"), load.requests_a_day, 0, _MOST_REQUESTS),
        ("in", _("Tokens in, each"), load.tokens_in, 1, _MOST_TOKENS),
        ("out", _("Tokens out, each"), load.tokens_out, 0, _MOST_TOKENS),
        ("thinking", _("Tokens of thinking, each"), load.tokens_thinking, 0, _MOST_TOKENS),
        ("cached", _("Input from cache, %"), int(load.cached_percent), 0, 100),
    )
    for name, label, value, least, most in fields:
        state[f"basis_{name}"] = value
        st.number_input(
            label, min_value=least, max_value=most, step=1, key=f"basis_{name}", on_change=_take_over, args=(own,)
        )
    rates = {rate.currency: rate for rate in basis.rates}
    for currency in CURRENCIES:
        rate = rates.get(currency)
        state[f"basis_{currency}"] = float(rate.per_dollar) if rate else None
        st.number_input(
            _("{currency} for 1 US dollar, your rate").format(currency=currency),
            min_value=0.0001,
            max_value=float(_MOST_RATE),
            value=None,
            step=0.01,
            format="%.4f",
            placeholder=_("US dollars only"),
            key=f"basis_{currency}",
            on_change=_take_over,
            args=(own,),
            width=_WIDTH,
        )


def _take_over(own: Basis) -> None:
    """Says in the address what the widgets say; those that are not drawn leave their part as it is."""
    state = st.session_state
    basis: PriceBasis = state[_KEPT]
    load, rates = basis.load, basis.rates
    if all(f"basis_{name}" in state for name in (*_FIELDS, *CURRENCIES)):
        requests, tokens_in, tokens_out, thinking, cached = (int(state[f"basis_{name}"] or 0) for name in _FIELDS)
        # The browser checks the bounds, and anybody can send anything.
        load = load_of("-".join(map(str, (requests, tokens_in, tokens_out, thinking, cached)))) or load
        typed = (_rate(currency, state[f"basis_{currency}"]) for currency in CURRENCIES)
        rates = tuple(rate for rate in typed if rate)
    names = tuple(state["basis_sellers"])
    chosen = PriceBasis(load, None if names == asked_sellers(DEFAULT, own) else names, rates)
    state[_KEPT] = chosen
    _say(chosen)
