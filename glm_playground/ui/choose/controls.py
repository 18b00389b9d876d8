"""What is asked of Choose as widgets: each says its part in the address, which is what the page goes by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from glm_playground.catalog.choice import Aspect
from glm_playground.catalog.needs import Feature, Need, Said, Use
from glm_playground.catalog.sellers import OWN, SELLERS, seller_at
from glm_playground.ui.choose import address
from glm_playground.ui.choose.address import (
    FLAGS,
    MOST_GPUS,
    MOST_MEMORY,
    MOST_PRICE,
    MOST_TOKENS,
    MOST_WEIGHT,
    NEEDED,
    Requirements,
)
from glm_playground.ui.choose.words import aspect_names, flag_names, use_names
from glm_playground.ui.shared.facts.price_basis import seller_name
from glm_playground.ui.shared.facts.probe_words import probe_names
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.filter_count import draw_filter_count
from glm_playground.ui.shared.page.own_html import page_link

_ASKED = "choose_asked"
_MORE = ("context", "output", "use", "price", "seller", "gpus")
_EXAMPLES: tuple[dict[str, str], ...] = (
    {"needs": "vision", "weights": "price:1"},
    {"needs": "open_weights", "gpus": "8x141", "weights": "coding:1"},
    {"price": "1", "weights": "context:1"},
)


def asked_now() -> tuple[Requirements, tuple[str, ...]]:
    """What the address asks, else what was asked before in this session; and what of the address is not understood."""
    given = st.query_params.to_dict()
    if any(name in given for name in address.NAMES):
        asked, misspelt = address.read(given)
    else:
        asked, misspelt = st.session_state.get(_ASKED, Requirements()), ()
        _say(asked)
    st.session_state[_ASKED] = asked
    return asked, misspelt


def _say(asked: Requirements) -> None:
    wanted = address.write(asked)
    for name in address.NAMES:
        if name in wanted and st.query_params.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]
        elif name not in wanted and name in st.query_params:
            del st.query_params[name]


def _ask(asked: Requirements) -> None:
    st.session_state[_ASKED] = asked
    _say(asked)


def draw_examples() -> None:
    """Draws three questions to begin with."""
    labels = (_("Cheapest that reads images"), _("Best coder on 8 GPUs of 141 GB"), _("Longest context below $1"))
    links = [
        page_link(f"/choose?{urlencode(query)}", label, "open") for label, query in zip(labels, _EXAMPLES, strict=True)
    ]
    st.html(f"<p>{''.join(links)}</p>")


def draw_needs(asked: Requirements, own_name: str | None, others: Sequence[str] = ()) -> None:
    """Draws the needs.

    Args:
        asked: what is asked now.
        own_name: the configured gateway's where it is none of the published sellers.
        others: names of further gateways that are configured.
    """
    names, need = flag_names(), asked.need
    st.session_state["choose_flags"] = [flag for flag in FLAGS if getattr(need, flag)]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.pills(
            _("I need"),
            FLAGS,
            selection_mode="multi",
            wrap=True,
            format_func=names.__getitem__,
            key="choose_flags",
            on_change=_take_flags,
        )
        popover = st.popover(_("More needs"), icon=":material/filter_list:", key="choose_more", on_change="rerun")
        if popover.open:
            with popover:
                _draw_more(need, own_name, others)
        draw_filter_count(sum(getattr(need, name) is not None for name in _MORE) + len(need.features))


def _draw_more(need: Need, own_name: str | None, others: Sequence[str]) -> None:
    state = st.session_state
    _number(_("Context at least, tokens"), "context", need.context, MOST_TOKENS, 1000)
    _number(_("Output at least, tokens"), "output", need.output, MOST_TOKENS, 1000)
    state["choose_price"] = None if need.price is None else float(need.price)
    st.number_input(
        _("US dollars per 1M tokens of the workload, at most"),
        min_value=0.0,
        max_value=float(MOST_PRICE),
        value=None,
        step=0.1,
        placeholder=_("Any"),
        key="choose_price",
        on_change=_take,
        args=("price",),
    )
    uses = use_names()
    _choice(_("Licence for"), "use", uses, need.use)
    known = (*((OWN,) if own_name else ()), *map(seller_at, others), *SELLERS)
    _choice(_("Offered by"), "seller", {seller: seller_name(seller, own_name or "") for seller in known}, need.seller)
    _features(_("Advertised"), Said.ADVERTISED, need, None)
    told = _("By your probes of a gateway, which the tab Measured of a model begins. Not probed is unknown, never no.")
    _features(_("Measured on my gateway"), Said.MEASURED, need, told)
    gpus, memory = need.gpus or (None, None)
    with st.container(horizontal=True, gap="small"):
        _number(_("GPUs"), "gpus", gpus, MOST_GPUS, 1)
        _number(_("GB of each"), "memory", memory, MOST_MEMORY, 1)


def _number(label: str, name: str, value: int | None, most: int, step: int) -> None:
    st.session_state[f"choose_{name}"] = value
    st.number_input(
        label,
        min_value=1,
        max_value=most,
        value=None,
        step=step,
        placeholder=_("Any"),
        key=f"choose_{name}",
        on_change=_take,
        args=(name,),
    )


def _features(label: str, said: Said, need: Need, told: str | None) -> None:
    names = probe_names()
    st.session_state[f"choose_{said}"] = [feature.name for feature in need.features if feature.said is said]
    st.multiselect(
        label,
        [probe.value for probe in NEEDED[said]],
        format_func=lambda name: names[name],
        placeholder=_("Any"),
        key=f"choose_{said}",
        on_change=_take_features,
        help=told,
    )


def _choice(label: str, name: str, options: Mapping[Any, str], value: Any) -> None:
    st.session_state[f"choose_{name}"] = value if value in options else None
    st.selectbox(
        label,
        list(options),
        index=None,
        format_func=options.__getitem__,
        placeholder=_("Any"),
        key=f"choose_{name}",
        on_change=_take,
        args=(name,),
    )


def draw_weights(asked: Requirements) -> None:
    """Draws what matters, and folded how much and which scores count."""
    names = aspect_names()
    weighted = [aspect for aspect in Aspect if asked.weights.get(aspect)]
    st.session_state["choose_aspects"] = weighted
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.pills(
            _("What matters"),
            list(Aspect),
            selection_mode="multi",
            wrap=True,
            format_func=lambda aspect: _weighted(names[aspect], asked.weights.get(aspect, 0)),
            key="choose_aspects",
            on_change=_take_aspects,
        )
        popover = st.popover(
            _("How much, and which scores"), icon=":material/tune:", key="choose_how_much", on_change="rerun"
        )
        if popover.open:
            with popover:
                for aspect in Aspect:
                    _draw_weight(aspect, names[aspect], asked.weights.get(aspect, 0))
                _draw_unstated(asked)


def _weighted(name: str, weight: int) -> str:
    return f"{name} ×{weight}" if weight > 1 else name


def _draw_weight(aspect: Aspect, name: str, weight: int) -> None:
    st.session_state[f"choose_weight_{aspect}"] = weight
    st.slider(name, 0, MOST_WEIGHT, key=f"choose_weight_{aspect}", on_change=_take_weight, args=(aspect,))


def _draw_unstated(asked: Requirements) -> None:
    st.session_state["choose_unstated"] = asked.unstated
    st.checkbox(
        _("Compare scores without stated conditions too"),
        key="choose_unstated",
        on_change=_take_unstated,
        help=_("They are of one publisher and benchmark, and may have been made in different ways."),
    )


def _take_flags() -> None:
    asked: Requirements = st.session_state[_ASKED]
    chosen = st.session_state["choose_flags"]
    need = replace(
        asked.need,
        tools="tools" in chosen,
        vision="vision" in chosen,
        open_weights="open_weights" in chosen,
        thinking_off="thinking_off" in chosen,
    )
    _ask(replace(asked, need=need))


def _take_features() -> None:
    asked: Requirements = st.session_state[_ASKED]
    chosen = tuple(Feature(said, name) for said in Said for name in st.session_state[f"choose_{said}"])
    # In the order of the address, and without what the browser made up.
    need = replace(asked.need, features=chosen)
    _ask(replace(asked, need=address.read(address.write(Requirements(need))).asked.need))


def _take_aspects() -> None:
    asked: Requirements = st.session_state[_ASKED]
    chosen = st.session_state["choose_aspects"]
    _ask(replace(asked, weights={aspect: asked.weights.get(aspect) or 1 for aspect in Aspect if aspect in chosen}))


def _take_weight(aspect: Aspect) -> None:
    asked: Requirements = st.session_state[_ASKED]
    weight = min(max(int(st.session_state[f"choose_weight_{aspect}"]), 0), MOST_WEIGHT)
    weights = {**asked.weights, aspect: weight}
    _ask(replace(asked, weights={aspect: weights[aspect] for aspect in Aspect if weights.get(aspect)}))


def _take_unstated() -> None:
    _ask(replace(st.session_state[_ASKED], unstated=bool(st.session_state["choose_unstated"])))


def _take(name: str) -> None:
    asked: Requirements = st.session_state[_ASKED]
    value = st.session_state[f"choose_{name}"]
    need: Need
    match name:
        case "gpus" | "memory":
            gpus, memory = st.session_state["choose_gpus"], st.session_state["choose_memory"]
            before = asked.need.gpus or (1, 80)
            wanted = None if gpus is None and memory is None else (gpus or before[0], memory or before[1])
            # A field that was emptied asks for no GPUs any more.
            need = replace(asked.need, gpus=wanted if value is not None else None)
        case "price":
            need = replace(asked.need, price=None if value is None else Decimal(str(value)))
        case "use":
            need = replace(asked.need, use=Use(value) if value else None)
        case _:
            need = replace(asked.need, **{name: value})
    # What the browser did not check is read like an address.
    _ask(replace(asked, need=address.read(address.write(Requirements(need))).asked.need))
