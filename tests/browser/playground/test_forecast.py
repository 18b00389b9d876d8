"""What the browser counts and forecasts of a draft, beside what Python does."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from glm_playground.chat.forecast import Prediction, forecast, predict
from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.tokens import estimate_tokens
from glm_playground.ui.playground.composer.component import _request, _texts
from glm_playground.ui.playground.draft_view import forecast_text
from glm_playground.ui.shared import figures, i18n
from tests.browser.conftest import OpenTab
from tests.browser.playground.composer import MODULES
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


def texts() -> list[str]:
    """Texts of many kinds: words, code, scripts without spaces, every sort of white space, random mixes."""
    parts = [
        "word",
        "a",
        " ",
        "  ",
        "\n",
        "\t",
        "\x0b",
        "\x1c",
        "\x1f",
        "\x85",
        "\xa0",
        "\u2003",
        "\u2028",
        "\u3000",
        "\ufeff",
    ]
    parts += [
        "语言模型",
        "日本語テキスト",
        "한국어",
        "ﬁ",
        "豈",
        "🙂",
        "👩\u200d💻",
        "𝕏",
        "é",
        "e\u0301",
        "x=[1,2];",
        "aGVsbG8=" * 9,
        "\u200b",
        "½",
    ]
    chance = random.Random(7)
    mixes = ["".join(chance.choices(parts, k=chance.randint(1, 60))) for _ in range(600)]
    points = [chr(point) for point in range(0x10000) if not 0xD800 <= point <= 0xDFFF and point % 7 == 0]
    source = Path(__file__).read_text()
    return [
        "",
        " ",
        "a b c",
        *parts,
        *mixes,
        source,
        source * 20,
        "".join(points),
        *(f"a{char}b" for char in points[::5]),
    ]


def test_tokens_are_counted_as_python_counts_them(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/")
    samples = texts()
    counted = tab.page.evaluate(
        f"async texts => texts.map((await import('{MODULES}/tokens.js')).estimateTokens)",
        samples,
    )
    expected = [estimate_tokens(text) for text in samples]
    assert [
        (text[:50], *pair) for text, *pair in zip(samples, counted, expected, strict=True) if pair[0] != pair[1]
    ] == []


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_money_is_written_as_python_writes_it(
    scripted_app: AppProcess, open_tab: OpenTab, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    tab = open_tab(scripted_app, "/")
    chance = random.Random(11)
    prices = ["0", "1.4", "4.40", "0.000001", "0.0035", "0.125", "0.005", "1", "999.995", "0.1234567890123"[:14]]
    prices += [f"{chance.uniform(0, 10 ** chance.randint(-6, 3)):.6f}" for _ in range(60)]
    counts = [0, 1, 2, 5, 25, 125, 1000, 12_345, 999_999, 1_000_000, 131_072_000]
    cases = [[count, price] for price in prices for count in counts]
    written = tab.page.evaluate(
        f"""async ([cases, locale]) => {{
            const {{ costOf, dollars }} = await import('{MODULES}/money.js');
            return cases.map(([count, price]) => dollars(costOf(count, price, 0, '0'), locale));
        }}""",
        [cases, language.replace("_", "-")],
    )
    monkeypatch.setattr(i18n, "language", lambda: language)
    expected = [figures.dollars(count * Decimal(str(price)) / 1_000_000) for count, price in cases]  # type: ignore[operator]
    assert [case for case in zip(cases, written, expected, strict=True) if case[1] != case[2]] == []


def requests_and_prices() -> Iterator[tuple[list[ChatRequest], Price | None, list[int], int]]:
    """What lanes may send, with a price, past outputs and repeats."""
    rates = {TokenClass.INPUT: Decimal("1.4"), TokenClass.OUTPUT: Decimal("4.40")}
    cached = {**rates, TokenClass.CACHE_READ: Decimal("0.26")}
    system = Message(role="system", content="Answer in one word. 用一个词回答。")
    past = [Message(role="user", content="Hello " * 90), Message(role="assistant", content="Hi 🙂")]
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    plain = ChatRequest(model="m", messages=())
    long = ChatRequest(model="m", messages=(system, *past), max_tokens=700)
    tools = ChatRequest(model="m", messages=(system,), tools=(tool,), max_tokens=64)
    for price in (
        None,
        Price(rates, "https://example.com", date(2026, 11, 1)),
        Price(cached, "https://example.com", date(2026, 11, 1), play_money=True),
    ):
        yield [plain], price, [], 1
        yield [long, tools], price, [10, 40, 90, 2000], 3
        yield [tools], price, [5, 5, 7], 2


def predicted(
    requests: Sequence[ChatRequest], draft: str | None, price: Price | None, past_outputs: Sequence[int] = ()
) -> list[Prediction]:
    """What `requests` will use with this prompt at their end."""
    prompt = () if draft is None else (Message(role="user", content=draft),)
    bodies = [one.model_copy(update={"messages": (*one.messages, *prompt)}) for one in requests]
    limits = {"context_tokens": 200_000, "max_output_tokens": 128_000}
    return [predict(body, price, **limits, past_outputs=past_outputs) for body in bodies]


def test_a_draft_is_forecast_as_python_forecasts_it(
    scripted_app: AppProcess, open_tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = open_tab(scripted_app, "/")
    monkeypatch.setattr(i18n, "language", lambda: "en")
    drafts = ["one two three", "语言模型 🙂 " * 40, "word " * 9000, "x" * 50_000]
    for requests, price, past, repeats in requests_and_prices():
        warm_ups = [ChatRequest(model="m", messages=(Message(role="user", content="Hi"),), max_tokens=1)] * (
            repeats > 2
        )

        data = {
            "requests": [_request(one, times=repeats, has_draft=True) for one in predicted(requests, "", price, past)]
            + [_request(one, times=1, has_draft=False) for one in predicted(warm_ups, None, price)],
            "locale": "en",
            "texts": _texts(play_money=bool(price and price.play_money), waiting_for_price=False),
        }
        lines = tab.page.evaluate(
            f"""async ([data, drafts]) => {{
                const {{ forecastParts }} = await import('{MODULES}/forecast.js');
                const words = part => part.basis ? `${{part.text}} ${{part.basis}}` : part.text;
                return drafts.map(draft => forecastParts(data, draft, false).map(words).join(' · '));
            }}""",
            [data, drafts],
        )
        for draft, written in zip(drafts, lines, strict=True):
            asked, first = predicted(requests, draft, price, past), predicted(warm_ups, None, price)
            found = forecast(asked, repeats=repeats, warm_ups=first)
            assert found
            expected = re.sub(r":orange\[(.*?)\]", r"\1", forecast_text(found)).replace("\\", "")
            assert written == expected
