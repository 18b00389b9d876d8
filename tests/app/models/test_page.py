"""The models page: its address, what the gateway says now, and what it says when something is missing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from glm_playground.catalog import Catalog, RejectedFile
from glm_playground.gateway import Gateway, Gateways
from glm_playground.service import runtime
from glm_playground.ui.shared import i18n
from glm_playground.ui.shared.page.navigation import MODELS
from tests.app.models_page import CATALOG, at_address, cards, cells, claims, run, text
from tests.loopback import CannedServer, answer


class TestLive:
    """RunAPI itself answers: one body holds its price list and its models."""

    @pytest.fixture
    def runapi(self, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedServer]:
        row = {
            "model": "glm-5-turbo",
            "action": "chat_completion",
            "currency": "USD",
            "input_price_per_1m_cents": 70,
            "output_price_per_1m_cents": 200,
        }
        listing = {"as_of": "2026-11-24T08:00:00Z", "price_schedules": [row], "data": [{"id": "glm-5-turbo"}]}
        first = answer(200, listing, etag='"one"')
        with CannedServer(first, first, answer(304)) as server:
            configure(RUNAPI_BASE_URL=server.url, RUNAPI_API_KEY="test-key")
            gateway = Gateway("RunAPI", server.url, key=SecretStr("test-key"), failed_not_charged=True, seller="runapi")
            monkeypatch.setattr(runtime, "gateways", lambda: Gateways((gateway,)))
            yield server

    def test_the_price_read_now_is_laid_over_the_published_one(self, runapi: CannedServer) -> None:
        at = at_address(id="glm-5-turbo", tab="prices")
        # RunAPI and Z.ai, and no third.
        assert cells(at, "Input") == ["\\$0.70", "\\$1.20"]
        shown = claims(at, "price.input.0")
        assert "read from the gateway's own list" in shown.replace("\\", "")
        assert shown.index("\\$0.70 / 1M tokens**") < shown.index("\\$0.60 / 1M tokens |")
        assert f"{runapi.url}/api/v1/price_schedules" in shown
        assert "UTC" in shown

    def test_times_of_reading_are_the_browsers(self, runapi: CannedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(i18n, "_browser_zone", lambda: "Asia/Kolkata")
        at = at_address(id="glm-5-turbo", tab="prices")
        server = runtime.gateways().first
        prices, models = runtime.live_prices(server).value, runtime.live_models(server).value
        assert prices
        assert models
        prices_at, models_at = (
            f"{found.read_at.astimezone(ZoneInfo('Asia/Kolkata')):%-I:%M\u202f%p}" for found in (prices, models)
        )
        shown = text(at)
        assert f"RunAPI {prices_at}" in shown
        assert f"RunAPI's own list was read at {prices_at}." in shown
        assert f"RunAPI, {models_at}" in text(at_address(id="glm-5-turbo"))
        assert f"models of RunAPI read at {models_at}" in text(at_address())

    def test_the_wall_shows_it_with_its_publisher(self, runapi: CannedServer) -> None:
        turbo = next(card for card in cards(at_address()) if "proprietary" in card)
        assert "Price **$0.70 in, $2.00 out / 1M** RunAPI" in turbo

    def test_what_it_does_not_list_is_said_to_be_so(self, runapi: CannedServer) -> None:
        assert cells(at_address(id="glm-5-turbo"), "Status, now")[0] == "listed now"
        at = at_address(id="glm-5.1", tab="print")
        assert cells(at, "Status, now")[0] == "not listed now"
        assert cells(at, "Input")[0] == "unknown"
        assert "has no price for this model" in text(at)

    def test_it_is_asked_once(self, runapi: CannedServer) -> None:
        at = at_address()
        run(at)
        assert sorted(asked.path for asked in runapi.asked) == ["/api/v1/price_schedules", "/v1/models"]

    def test_ten_minutes_later_it_is_asked_whether_anything_changed(self, runapi: CannedServer) -> None:
        at = at_address(id="glm-5-turbo", tab="prices")
        runtime._prices[runtime._place(runtime.gateways().first)].at -= runtime.FRESH_FOR_S
        run(at)
        runtime._prices[runtime._place(runtime.gateways().first)].answer.exception(timeout=10)
        run(at)
        assert [asked.headers.get("if-none-match") for asked in runapi.asked[2:]] == ['"one"']
        assert cells(at, "Input")[0] == "\\$0.70"


class TestAddress:
    def test_an_unknown_id_is_said_to_be_so_with_near_names(self, in_sandbox: None) -> None:
        at = at_address(id="glm-5.11")
        assert "There is no model of this id." in text(at)
        assert "id=glm-5.1" in [link.proto.query_string for link in at.get("page_link")]

    @pytest.mark.parametrize("model", ["zzz", "<b>x</b>|[a](b)", "x" * 5000, "\u202e:material/home:"])
    def test_any_id_is_safe(self, in_sandbox: None, model: str) -> None:
        at = at_address(id=model)
        assert "There is no model of this id." in text(at)
        assert "[a](b)" not in text(at)
        assert max(len(element.value) for element in at.markdown) < 1000

    def test_other_spellings_of_an_address(self, in_sandbox: None) -> None:
        assert at_address(id="GLM-5.1 ").subheader[0].value == "GLM-5.1"
        # What a button that goes to the playground leaves behind in the browser's history.
        at = at_address(model="glm-5.1")
        assert at.subheader[0].value == "GLM-5.1"
        assert at.query_params == {"id": "glm-5.1"}


class TestMissing:
    def test_refused_files_are_named(self, in_sandbox: None, monkeypatch: pytest.MonkeyPatch) -> None:
        refused = RejectedFile(file="glm-9.toml", key="facts.size_total", reason="wrong unit: 'GB'")
        broken = Catalog(cards=CATALOG.cards, sources=CATALOG.sources, gateways=CATALOG.gateways, rejected=(refused,))
        monkeypatch.setattr("glm_playground.catalog.load_catalog", lambda: broken)
        shown = text(at_address()).replace("\\", "")
        assert "glm-9.toml, facts.size_total: wrong unit: 'GB'" in shown

    def test_an_empty_catalogue_is_no_crash(self, in_sandbox: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("glm_playground.catalog.load_catalog", Catalog)
        assert "0 models" in text(at_address())

    @pytest.mark.parametrize(
        ("prices", "reason"),
        [
            (answer(200, {"price_schedules": 5}), "no price_schedules"),
            (answer(200, {"price_schedules": [{"model": "glm-5.1", "currency": "EUR"}]}), "EUR"),
            (answer(200, {"price_schedules": [{"model": "glm-77", "currency": "USD"}]}), "glm-77"),
            (answer(200, b"<html>"), "not JSON"),
            (answer(500, {"error": "out of order"}), "out of order"),
        ],
    )
    def test_a_bad_price_list_leaves_the_snapshot(
        self, configure: Callable[..., None], prices: bytes, reason: str
    ) -> None:
        with CannedServer(prices) as server:
            configure(RUNAPI_BASE_URL=server.url, RUNAPI_API_KEY="test-key")
            at = at_address(id="glm-5-turbo", tab="print")
            assert reason in text(at).replace("\\", "")
            assert cells(at, "Input")[0] == "\\$0.60"
            assert cells(at, "Status, now")[0] == "unknown"
            at_wall = at_address()
            assert reason in text(at_wall).replace("\\", "")

    def test_the_pages_file_is_where_the_links_lead(self) -> None:
        assert Path(MODELS).is_file()
