"""The figures of runs made by hand, with times that are known: metrics, cost, tokens, checks, the next request."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.chat.checks import Finding, Problem, check_request
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Usage, usage_of
from glm_playground.runs.cost import CostState, Price, TokenClass, cost_of
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run, Server, outcome_of
from glm_playground.runs.tokens import estimate_prompt_tokens, estimate_request_tokens, estimate_tokens

MS = 1_000_000
REQUEST = ChatRequest(model="glm-5.1", messages=(Message(role="user", content="hi"),))
POLICY = Server("RunAPI", "https://runapi.ai", failed_not_charged=True)
NO_POLICY = Server("other", "https://other.test")


def run_of(
    *events: tuple[int, EventKind, str],
    usage: Usage | None = None,
    outcome: Outcome | None = Outcome.COMPLETED,
    server: Server = POLICY,
) -> Run:
    """A run whose events have their times in milliseconds."""
    recorded = [Event(at * MS, kind, text) for at, kind, text in events]
    return Run("r", REQUEST, server, datetime(2026, 1, 1, tzinfo=UTC), recorded, outcome, usage=usage)


CONTENT, REASONING = EventKind.CONTENT, EventKind.REASONING


class TestMetrics:
    def test_the_times_of_a_run_with_everything(self) -> None:
        metrics = metrics_of(
            run_of(
                (10, EventKind.RETRY, "RateLimited 0.5"),
                (100, EventKind.ROLE, "assistant"),
                (110, EventKind.EMPTY, ""),
                (120, EventKind.COMMENT, "keep-alive"),
                (130, EventKind.UNREADABLE, "{"),
                (200, REASONING, "so"),
                (300, REASONING, "then"),
                (700, CONTENT, "the"),
                (1000, CONTENT, "answer"),
                (1100, EventKind.FINISH, "stop"),
                (1200, EventKind.USAGE, "{}"),
                (1300, EventKind.DONE, ""),
                usage=Usage(completion_tokens=81),
            )
        )
        assert (metrics.ttft, metrics.ttfa, metrics.thinking, metrics.e2e) == (200 * MS, 700 * MS, 500 * MS, 1000 * MS)
        assert metrics.tpot == 10 * MS
        assert metrics.output_speed == 100
        assert metrics.gaps
        assert (metrics.gaps.p50, metrics.gaps.p95, metrics.gaps.longest) == (300 * MS, None, 400 * MS)
        assert metrics.deltas == 4

    def test_a_run_without_tokens_has_no_times(self) -> None:
        metrics = metrics_of(run_of((5, EventKind.ROLE, "assistant"), (9, EventKind.USAGE, "{}")))
        times = (metrics.ttft, metrics.ttfa, metrics.thinking, metrics.e2e, metrics.tpot, metrics.gaps)
        assert (times, metrics.deltas) == ((None,) * 6, 0)

    @pytest.mark.parametrize(
        ("deltas", "ttfa"),
        [
            ([(1, "<think>so"), (2, " then"), (3, "</think>\n\n"), (4, "answer")], 4),
            ([(1, "\n"), (2, "<"), (3, "think>so"), (4, "</think>"), (5, "\n"), (6, "answer")], 6),
            ([(1, "<"), (2, "think>so</think>answer")], 2),
            ([(1, "so "), (2, "then"), (3, "</think>"), (4, "answer")], 4),
            ([(1, "so</think>answer"), (2, "more")], 1),
            ([(1, "<"), (2, "b>bold")], 1),
            ([(1, " "), (2, "answer")], 1),
            ([(1, "<")], 1),
            ([(1, "<think>so"), (2, " then")], None),
        ],
    )
    def test_reasoning_in_the_content_is_not_the_answer(self, deltas: list[tuple[int, str]], ttfa: int | None) -> None:
        metrics = metrics_of(run_of(*((at, CONTENT, text) for at, text in deltas)))
        assert metrics.ttft == 1 * MS
        assert metrics.ttfa == (ttfa * MS if ttfa else None)
        assert metrics.thinking == ((ttfa - 1) * MS if ttfa and ttfa > 1 else None)

    def test_a_tool_call_is_an_answer(self) -> None:
        metrics = metrics_of(run_of((1, REASONING, "so"), (5, EventKind.TOOL_CALLS, "[]"), (9, CONTENT, "a")))
        assert (metrics.ttft, metrics.ttfa) == (1 * MS, 5 * MS)

    @pytest.mark.parametrize(
        ("tokens", "milliseconds", "speed"),
        [(40, 200, 195), (39, 200, None), (40, 199, None), (1, 200, None), (None, 200, None), (41, 4000, 10)],
    )
    def test_a_speed_is_shown_where_there_is_enough_to_measure(
        self, tokens: int | None, milliseconds: int, speed: float | None
    ) -> None:
        run = run_of((50, CONTENT, "a"), (50 + milliseconds, CONTENT, "b"), usage=Usage(completion_tokens=tokens))
        assert metrics_of(run).output_speed == (pytest.approx(speed) if speed else None)

    @pytest.mark.parametrize(
        ("usage", "chunks", "milliseconds", "speed"),
        [
            (None, 61, 3000, 20),
            (Usage(prompt_tokens=3), 61, 3000, 20),
            (None, 40, 200, 195),
            (None, 39, 3000, None),
            (None, 61, 199, None),
            (Usage(completion_tokens=61), 61, 3000, None),
        ],
    )
    def test_chunks_have_a_speed_only_where_no_tokens_were_reported(
        self, usage: Usage | None, chunks: int, milliseconds: int, speed: float | None
    ) -> None:
        times = [50 + milliseconds * number // (chunks - 1) for number in range(chunks)]
        metrics = metrics_of(run_of(*((at, CONTENT, "a") for at in times), usage=usage, outcome=Outcome.STOPPED))
        assert metrics.chunk_speed == (pytest.approx(speed) if speed else None)
        assert (metrics.output_speed is None) or metrics.chunk_speed is None

    @pytest.mark.parametrize(("gaps", "p95"), [(19, None), (20, 19 * MS), (100, 95 * MS)])
    def test_a_p95_needs_twenty_gaps(self, gaps: int, p95: int | None) -> None:
        found = metrics_of(run_of(*((n * (n + 1) // 2, CONTENT, "a") for n in range(gaps + 1)))).gaps
        assert found
        assert (found.p95, found.longest, found.p50) == (p95, gaps * MS, (gaps + 1) / 2 * MS)


FULL = {TokenClass.INPUT: Decimal("0.3"), TokenClass.OUTPUT: Decimal("1.1"), TokenClass.CACHE_READ: Decimal("0.06")}


def price(**rates: str) -> Price:
    return Price({TokenClass(name): Decimal(rate) for name, rate in rates.items()}, "https://p.test", date(2026, 1, 1))


LIST = Price(FULL, "https://p.test", date(2026, 1, 1))
USED = Usage(prompt_tokens=1000, completion_tokens=300)


class TestCost:
    def test_an_estimate_is_exact(self) -> None:
        cost = cost_of(run_of(usage=USED._replace(cached_tokens=100)), LIST)
        assert (cost.state, cost.amount) == (CostState.ESTIMATED, Decimal("0.000606"))
        assert [(term.token_class, term.tokens, term.amount) for term in cost.terms] == [
            (TokenClass.INPUT, 900, Decimal("0.00027")),
            (TokenClass.CACHE_READ, 100, Decimal("0.000006")),
            (TokenClass.OUTPUT, 300, Decimal("0.00033")),
        ]
        assert cost.price is LIST

    @given(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**7), st.decimals("0.001", "99", places=4))
    def test_the_terms_are_the_amount_and_every_token_is_in_one(
        self, prompt: int, completion: int, cached: int, rate: Decimal
    ) -> None:
        rates = Price(dict.fromkeys(TokenClass, rate), "s", date(2026, 1, 1))
        cost = cost_of(run_of(usage=Usage(prompt, completion, None, cached)), rates)
        assert sum(term.tokens for term in cost.terms) == prompt + completion
        assert cost.amount == (prompt + completion) * rate / 1_000_000

    def test_what_the_gateway_says_wins(self) -> None:
        usage = usage_of(json.dumps({"prompt_tokens": 1000, "completion_tokens": 300, "cost": 0.1}))
        cost = cost_of(run_of(usage=usage), LIST)
        assert (cost.state, cost.amount, cost.terms) == (CostState.SETTLED, Decimal("0.1"), ())
        zero = cost_of(run_of(usage=usage._replace(cost=Decimal(0)), outcome=Outcome.FAILED), None)
        assert (zero.state, zero.amount) == (CostState.SETTLED, 0)

    @pytest.mark.parametrize(
        ("run", "given_price", "state"),
        [
            pytest.param(
                run_of((1, EventKind.ROLE, "assistant"), (2, EventKind.ERROR, "{}"), outcome=Outcome.FAILED),
                LIST,
                CostState.NOT_CHARGED,
                id="failed before the first token",
            ),
            pytest.param(
                run_of(outcome=Outcome.FAILED, server=NO_POLICY), LIST, CostState.NO_USAGE, id="where no policy says so"
            ),
            pytest.param(
                run_of((1, CONTENT, "a"), outcome=Outcome.FAILED), LIST, CostState.NO_USAGE, id="failed midway"
            ),
            pytest.param(
                run_of((1, REASONING, "a"), outcome=Outcome.FAILED), LIST, CostState.NO_USAGE, id="while reasoning"
            ),
            pytest.param(run_of(outcome=Outcome.STOPPED), LIST, CostState.NO_USAGE, id="stopped before a token"),
            pytest.param(
                run_of((1, CONTENT, "a"), outcome=Outcome.STOPPED), LIST, CostState.NO_USAGE, id="stopped midway"
            ),
            pytest.param(run_of(outcome=Outcome.INTERRUPTED), LIST, CostState.NO_USAGE, id="interrupted"),
            pytest.param(run_of(usage=Usage(completion_tokens=3)), LIST, CostState.NO_USAGE, id="half a usage"),
            pytest.param(run_of(usage=USED), None, CostState.NO_PRICE, id="no price"),
            pytest.param(run_of(usage=USED), price(input="1"), CostState.NO_PRICE, id="a class without a price"),
        ],
    )
    def test_where_nobody_can_say_there_is_no_amount(
        self, run: Run, given_price: Price | None, state: CostState
    ) -> None:
        cost = cost_of(run, given_price)
        assert (cost.state, cost.amount, cost.terms) == (state, None, ())

    def test_what_was_received_without_usage_is_priced_beside_the_unknown_cost(self) -> None:
        call = '[{"index": 0, "id": "call_0123456789", "function": {"name": "look", "arguments": "{}"}}]'
        words = [(at, CONTENT, f"word{at} ") for at in range(1, 61)]
        run = run_of((0, REASONING, "so "), *words, (70, EventKind.TOOL_CALLS, call), outcome=Outcome.STOPPED)
        cost = cost_of(run, LIST)
        assert (cost.state, cost.amount, cost.terms) == (CostState.NO_USAGE, None, ())
        assert cost.received
        assert cost.received.chunks == 62
        prompt, output = cost.received.terms
        assert (prompt.tokens, output.tokens) == (estimate_request_tokens(REQUEST), round(62 / 0.75))
        assert cost.received.amount == prompt.amount + output.amount

    def test_of_half_a_usage_the_reported_half_counts(self) -> None:
        run = run_of((1, CONTENT, "a b c"), outcome=Outcome.STOPPED, usage=Usage(prompt_tokens=500))
        received = cost_of(run, LIST).received
        assert received
        assert [term.tokens for term in received.terms] == [500, 4]

    @pytest.mark.parametrize("given_price", [None, price(input="1")])
    def test_without_a_price_only_the_chunks_are_told(self, given_price: Price | None) -> None:
        received = cost_of(run_of((1, CONTENT, "a"), outcome=Outcome.FAILED), given_price).received
        assert received
        assert (received.chunks, received.terms, received.amount) == (1, (), None)

    def test_what_was_reported_or_never_came_is_not_estimated(self) -> None:
        assert cost_of(run_of((1, CONTENT, "a"), usage=USED), LIST).received is None
        assert cost_of(run_of(outcome=Outcome.STOPPED), LIST).received is None

    def test_a_class_that_was_not_used_needs_no_price(self) -> None:
        cost = cost_of(run_of(usage=Usage(prompt_tokens=1000, completion_tokens=0)), price(input="1"))
        assert (cost.state, cost.amount) == (CostState.ESTIMATED, Decimal("0.001"))

    def test_cached_tokens_without_a_price_of_their_own_cost_as_input(self) -> None:
        cost = cost_of(run_of(usage=USED._replace(cached_tokens=900)), price(input="1", output="0"))
        assert cost.amount == Decimal("0.001")

    def test_more_cached_than_there_are_is_not_a_refund(self) -> None:
        cost = cost_of(run_of(usage=USED._replace(cached_tokens=5000)), price(input="1", output="0", cache_read="0.1"))
        assert cost.amount == Decimal("0.0001")

    def test_a_free_model_is_free(self) -> None:
        cost = cost_of(run_of(usage=USED), price(input="0", output="0"))
        assert (cost.state, cost.amount) == (CostState.FREE, 0)

    def test_no_tokens_at_a_price_is_not_a_free_model(self) -> None:
        cost = cost_of(run_of(usage=Usage(0, 0)), LIST)
        assert (cost.state, cost.amount) == (CostState.ESTIMATED, 0)

    def test_a_failed_run_with_usage_is_estimated(self) -> None:
        cost = cost_of(run_of((1, CONTENT, "a"), outcome=Outcome.FAILED, usage=USED), LIST)
        assert cost.state is CostState.ESTIMATED


@pytest.mark.parametrize(
    ("finish_reason", "done", "outcome"),
    [
        ("stop", True, Outcome.COMPLETED),
        ("stop", False, Outcome.COMPLETED),
        ("length", True, Outcome.LENGTH),
        ("model_context_window_exceeded", True, Outcome.LENGTH),
        ("sensitive", True, Outcome.FILTERED),
        ("content_filter", True, Outcome.FILTERED),
        ("tool_calls", True, Outcome.TOOL_CALLS),
        ("network_error", True, Outcome.FAILED),
        ("end_turn", True, Outcome.COMPLETED),
        ("MAX_TOKENS", True, Outcome.LENGTH),
        ("model_length", True, Outcome.LENGTH),
        ("SAFETY", True, Outcome.FILTERED),
        ("tool_use", True, Outcome.TOOL_CALLS),
        ("abort", True, Outcome.FAILED),
        ("error", True, Outcome.FAILED),
        ("insufficient_system_resource", True, Outcome.FAILED),
        ("never_heard_of", True, Outcome.UNKNOWN),
        ("repetition", False, Outcome.UNKNOWN),
        (None, True, Outcome.COMPLETED),
        (None, False, Outcome.INTERRUPTED),
    ],
)
def test_the_outcome_of_a_stream_that_ended(finish_reason: str | None, done: bool, outcome: Outcome) -> None:
    assert outcome_of(finish_reason, done=done) is outcome


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "tokens"),
        [
            ("", 0),
            ("three short words", 4),
            ("模型的价格", 3),
            ("价格 per token", 4),
            ("x" * 1000, 200),
            ("line\n" * 30, 40),
        ],
    )
    def test_the_rule_of_thumb(self, text: str, tokens: int) -> None:
        assert estimate_tokens(text) == tokens

    @given(st.lists(st.text(max_size=50), max_size=5))
    def test_each_message_adds_a_few(self, contents: list[str]) -> None:
        messages = [Message(role="user", content=content) for content in contents]
        assert estimate_prompt_tokens(messages) == sum(map(estimate_tokens, contents)) + 3 * len(contents)


class TestChecks:
    @pytest.mark.parametrize(
        ("change", "finding"),
        [
            ({}, None),
            ({"temperature": 0.0, "top_p": 0.01, "max_tokens": 1}, None),
            ({"temperature": 1.0, "top_p": 1.0, "max_tokens": 100}, None),
            ({"model": "  "}, Finding(Problem.BLANK_MODEL)),
            ({"messages": ()}, Finding(Problem.BLANK_PROMPT)),
            ({"messages": (Message(role="user", content=" \n"),)}, Finding(Problem.BLANK_PROMPT)),
            ({"temperature": 1.1}, Finding(Problem.TEMPERATURE_OUT_OF_RANGE, 1.1, 1.0)),
            ({"temperature": -0.1}, Finding(Problem.TEMPERATURE_OUT_OF_RANGE, -0.1, 1.0)),
            ({"top_p": 0.0}, Finding(Problem.TOP_P_OUT_OF_RANGE, 0.0, 1.0)),
            ({"max_tokens": 0}, Finding(Problem.MAX_TOKENS_TOO_LOW, 0, 1)),
            ({"max_tokens": 101}, Finding(Problem.MAX_TOKENS_TOO_HIGH, 101, 100)),
            (
                {"messages": (Message(role="system", content="x " * 900), *REQUEST.messages)},
                Finding(Problem.PROMPT_TOO_LONG, 1207, 1000),
            ),
        ],
    )
    def test_the_first_problem(self, change: dict[str, object], finding: Finding | None) -> None:
        request = REQUEST.model_copy(update=change)
        assert check_request(request, context_tokens=1000, max_output_tokens=100) == finding

    def test_what_nobody_published_is_not_checked(self) -> None:
        long = REQUEST.model_copy(
            update={"max_tokens": 10**9, "messages": (Message(role="user", content="x " * 10**5),)}
        )
        assert check_request(long, context_tokens=None, max_output_tokens=None) is None

    def test_no_number_is_out_of_range(self) -> None:
        finding = check_request(
            REQUEST.model_copy(update={"temperature": float("nan")}), context_tokens=None, max_output_tokens=None
        )
        assert finding
        assert finding.problem is Problem.TEMPERATURE_OUT_OF_RANGE
