"""The wall's filters: an unknown never fulfils a filter that asks for a value."""

from decimal import Decimal

import pytest

from glm_playground.catalog import Fact, ModelCard, load_catalog
from glm_playground.ui.models.filters import CAPABILITIES, CardPrice, WantedModels, fits, licences

CATALOG = load_catalog()
NO_PRICE = CardPrice(Fact(), Fact())


def price(card: ModelCard) -> CardPrice:
    zai = card.price("zai")
    return CardPrice(zai.input, zai.output)


def found(wanted: WantedModels, listed: frozenset[str] | None = None) -> set[str]:
    return {card.id for card in CATALOG.cards if fits(card, price, listed, wanted)}


def test_nothing_asked_for_shows_everything() -> None:
    assert found(WantedModels()) == set(CATALOG)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.1", {"glm-5.1"}),
        ("GLM air", {"glm-4.5-air"}),
        ("lightweight", {"glm-4.5-air", "glm-4.6v-flashx", "glm-4.7-flash"}),
        ("proprietary", {"glm-5-turbo"}),
        ("no such thing", set()),
        # In either language, with accents or without, whatever the page's language.
        ("free vision", {"glm-4.6v-flash"}),
        ("grátis visão", {"glm-4.6v-flash"}),
        ("GRATIS visao", {"glm-4.6v-flash"}),
        ("delisted", {"glm-5-turbo"}),
    ],
)
def test_text(text: str, expected: set[str]) -> None:
    assert found(WantedModels(text=text)) == expected


@pytest.mark.parametrize("text", ["price", "preço", "PRECO"])
def test_the_name_of_a_figure_finds_the_cards_that_show_it(text: str) -> None:
    shown = {card.id for card in CATALOG.cards if price(card).input.known}
    assert found(WantedModels(text=text)) == shown
    assert "glm-5.4" not in shown
    assert found(WantedModels(text=f"{text} free")) == {"glm-4.6v-flash", "glm-4.7-flash"}
    assert "glm-5.4" not in found(WantedModels(text="licença"))


def test_context() -> None:
    assert found(WantedModels(context=1_000_000)) == {
        "glm-5.2",
        "glm-5.2-fast",
        "glm-5.3",
        "glm-5.3-flash",
        "glm-5.4",
    }
    assert "glm-4.5" in found(WantedModels(context=128_000))
    assert "glm-4.5" not in found(WantedModels(context=200_000))


def test_licence() -> None:
    assert found(WantedModels(licence="proprietary (no open weights)")) == {"glm-5-turbo"}
    assert "MIT" in licences(CATALOG.cards)


def test_what_runapi_refuses_is_not_to_be_had() -> None:
    assert CAPABILITIES["tools"](CATALOG["glm-5.2"]) is False
    assert CAPABILITIES["tools"](CATALOG["glm-5.1"]) is True
    assert found(WantedModels(capabilities=("images",))) == {
        "glm-4.5v",
        "glm-4.6v",
        "glm-4.6v-flash",
        "glm-4.6v-flashx",
        "glm-5.3-flash",
        "glm-5.4",
        "glm-5v-turbo",
        "glm-ocr",
    }
    assert CAPABILITIES["structured_output"](CATALOG["glm-5.4"]) is True
    assert CAPABILITIES["structured_output"](CATALOG["glm-5.3-flash"]) is False
    assert CAPABILITIES["structured_output"](CATALOG["glm-ocr"]) is None
    assert "glm-5.3" not in found(WantedModels(capabilities=("thinking_off",)))


def test_price() -> None:
    assert found(WantedModels(price=Decimal(0))) == {"glm-4.6v-flash", "glm-4.7-flash"}
    card = CATALOG["glm-5.1"]
    assert not fits(card, lambda _card: NO_PRICE, None, WantedModels(price=Decimal(100)))


def test_status() -> None:
    assert "glm-5.3" not in found(WantedModels(status="operational"))
    assert {"glm-5.3", "glm-4.7-flash"} <= found(WantedModels(status="unknown"))
    assert found(WantedModels(status="listed"), frozenset({"glm-5", "other"})) == {"glm-5"}
    assert found(WantedModels(status="listed"), None) == set()
    assert "glm-4.7-flash" not in found(WantedModels(status="on_runapi"))
