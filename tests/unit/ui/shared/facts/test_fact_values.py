"""Values and their claims as text: units, unknowns, hostile texts, and who says what."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from glm_playground.catalog import Claim, Fact, Source, load_catalog
from glm_playground.gateway import Gateway
from glm_playground.service.status import RunsSeen
from glm_playground.ui.models.scores import scores_of, scores_table
from glm_playground.ui.models.sheet import page_rows, two_lines
from glm_playground.ui.models.status_words import last_success_text, runs_text
from glm_playground.ui.shared import i18n
from glm_playground.ui.shared.facts import fact_values
from glm_playground.ui.shared.facts.fact_values import fact_text, value_text
from glm_playground.ui.shared.facts.fact_view import FactView, Row, claims_text, row
from glm_playground.ui.shared.facts.live_facts import PRICES, LiveFacts

CATALOG = load_catalog()
SANDBOX = Gateway("Sandbox", "http://127.0.0.1:1", stand_in="scripted text")
NOTHING_LIVE = LiveFacts(server=SANDBOX, listed=Fact[bool]())


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no session here that could say a language."""
    for module in (i18n, fact_values):
        monkeypatch.setattr(module, "language", lambda: "en")


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, None, "unknown"),
        (None, "tokens", "unknown"),
        (False, None, "no"),
        (0, "tokens", "0 tokens"),
        (200000, "tokens", "200,000 tokens"),
        (Decimal("9.95"), "B", "9.95B"),
        (Decimal("0.030"), "USD / 1K tokens", "\\$0.030 / 1K tokens"),
        (Decimal(0), "USD / 1M tokens", "\\$0.00 / 1M tokens"),
        (date(2026, 4, 7), None, "Apr 7, 2026"),
        (("text", "image"), None, "text, image"),
        ("Operational", None, "Operational"),
        ("a|b *c* $d$ [e](f)", None, r"a\|b \*c\* \$d\$ \[e\]\(f\)"),
    ],
)
def test_values(value: Any, unit: str | None, expected: str) -> None:
    assert value_text(value, unit) == expected


def test_every_fact_has_a_text_and_its_claims_have_source_date_and_kind() -> None:
    for card in CATALOG.cards:
        for key, fact in card.all_facts():
            assert fact_text(fact), key
            text = "\n".join(claims_text(key, fact, CATALOG.sources))
            assert text.count("\n| ") == (len(fact.claims) + 1 if fact.claims else 0), key
            for claim in fact.claims:
                url = CATALOG.sources[claim.source].url
                assert url is None or f"(<{url}>)" in text, key
            if not fact.known:
                assert "unknown" in text, key
            elif fact.disagrees:
                assert "Why this value" in text, key


def test_a_row_says_who_and_when_and_how_many_differ() -> None:
    view = FactView(CATALOG.sources)
    facts = CATALOG["glm-5.1"].facts
    assert view.tag(row("context", "Context", facts.context_tokens)) == "Z\\.ai 2026\u201111 · 2 differ"
    assert view.tag(row("cutoff", "Knowledge cutoff", facts.knowledge_cutoff)) == ""
    assert view.tag(Row("runs", "Runs", "none", (), tag="own")) == "own"


def test_the_eight_rows_stand_for_a_model_that_runapi_does_not_serve() -> None:
    rows = page_rows(CATALOG["glm-4.7-flash"], NOTHING_LIVE, None)
    assert [entry.text for entry in rows[:8]] == ["unknown"] * 8


def test_the_description_says_what_is_unknown() -> None:
    first, second = two_lines(CATALOG["glm-5-turbo"])
    assert "size is not published" in first
    assert "200,000" in second
    bare = CATALOG["glm-5.1"].model_copy(
        update={"facts": CATALOG["glm-5.1"].facts.model_copy(update={"release": Fact()})}
    )
    assert "released unknown" in two_lines(bare)[1]


def test_a_live_price_is_laid_over_the_published_one() -> None:
    snapshot = CATALOG["glm-5-turbo"].price("runapi").input
    claim = Claim[Decimal](value=Decimal("0.70"), source=PRICES, read=date(2026, 11, 24), kind="gateway")
    live = Fact[Decimal](value=Decimal("0.70"), unit="USD / 1M tokens", claims=(claim,))
    runapi = Gateway("RunAPI", "https://runapi.ai", seller="runapi")
    over = LiveFacts(server=runapi, listed=Fact(), prices={"input": live}).over("input", snapshot)
    assert over.value == Decimal("0.70")
    assert over.claims == (claim, *snapshot.claims)
    assert over.why
    # A sandbox's play money says nothing about RunAPI.
    assert LiveFacts(server=SANDBOX, listed=Fact(), prices={"input": live}).over("input", snapshot) is snapshot


def test_our_own_runs() -> None:
    assert runs_text(None) == "no runs since the app started"
    assert runs_text(RunsSeen(None, 0, 0)) == "no runs since the app started"
    seen = RunsSeen(datetime(2026, 11, 23, 10, 0, tzinfo=UTC), 2, 50)
    assert runs_text(seen) == "2 of the last 50 runs failed"
    assert last_success_text(seen).startswith("last success Nov 23, 2026")
    assert runs_text(RunsSeen(None, 3, 3)) == "3 of the last 3 runs failed"
    assert last_success_text(RunsSeen(None, 3, 3)) == "none succeeded"


def test_every_score_has_its_publisher_and_link() -> None:
    card = CATALOG["glm-5.1"]
    table = scores_table(scores_of(card), CATALOG.sources)
    assert len(table.splitlines()) == 2 + len(card.scores) + len(card.gateways[0].scores)
    assert "| SWE\\-bench Pro | 58.4% | " in table
    assert "$5,634" in table
    assert "USD" not in table


def test_a_hostile_source_cannot_break_out_of_a_link() -> None:
    source = Source(
        id="x", publisher="[a](b) | c", kind="vendor", read=date(2026, 1, 1), url="https://x.test/a)b", note="n | m"
    )
    claim = Claim[str](value="v | w", source="x", read=date(2026, 1, 1), kind="vendor")
    (_, table) = claims_text("L", Fact[str](value="v | w", claims=(claim,)), {"x": source})
    line = table.splitlines()[-1]
    assert line.replace("\\|", "").count("|") == 4
    assert r"[\[a\]\(b\) \| c](<https://x.test/a)b>)" in line


def test_a_claim_shows_the_words_it_rests_on_and_their_licence() -> None:
    card = CATALOG["glm-5.3"]
    shown = "\n".join(claims_text("Licence conditions", card.facts.license_conditions, CATALOG.sources)).replace(
        "\\", ""
    )
    assert "in its words: “exceeds 10 billion US dollars" in shown
    assert "licence GLM-5.3 License" in shown
    assert "its date is not known: the copy that was read carries no date" in shown


def test_a_unit_stands_with_its_score() -> None:
    table = scores_table(scores_of(CATALOG["glm-5.3"]), CATALOG.sources).replace("\\", "")
    assert "| ExploitGym :small[:gray[max effort, 2 h limit]] | 105 |" in table
    assert "| AA output speed :small[:gray[Intelligence Index v4.3]] | 71 tokens/s |" in table
    assert value_text(Decimal("2.01"), "USD / task") == "\\$2.01 / task"
    assert value_text(Decimal("58.4"), "%") == "58.4%"
