"""The verdict of an evaluation in a report: its sentences, its table of pass rates, its charts."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from statistics import median

from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import name_of
from glm_playground.evals.findings import Findings
from glm_playground.evals.results import Figures
from glm_playground.evals.verdict import PairedDifference, PassRate
from glm_playground.reports.charts import Bar, BarChart, Dot, DotChart
from glm_playground.reports.figure_text import dollars_text, duration_text, number_text
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import STAND_IN, Cell, Column, Footnote, Table, sample_cell
from glm_playground.reports.shown_text import on_one_line
from glm_playground.runs.samples import Sample, sample_of

_MOST_BARS = 12
_NANOSECONDS = 1e6
"""Of a millisecond."""


def candidate_names(findings: Findings, words: ReportWords) -> tuple[str, ...]:
    """The candidates as tables and charts name them, by number."""
    plain = [plain_name(*one, words) for one in findings.candidates]
    return tuple(f"{number}: {name}" for number, name in enumerate(plain, start=1))


def plain_name(setup: Setup, stand_in: str | None, words: ReportWords) -> str:
    """Model, gateway and settings; `stand_in` is what answered in the model's place."""
    said, name = words.evaluation, setup.model
    if setup.gateway:
        name = said.at_gateway.format(model=name, gateway=setup.gateway)
    if stand_in:
        name = said.stood_in.format(name=name, stand_in=stand_in)
    settings = name_of(setup.model_copy(update={"gateway": ""})).removeprefix(setup.model)
    return on_one_line(name + settings, 200)


def sentences(pairs: Sequence[PairedDifference], findings: Findings, words: ReportWords) -> Iterator[str]:
    """The verdict on each pair, with the numbers it rests on."""
    said, numbers = words.evaluation, words.words
    names = {name: plain_name(*who, words) for name, who in zip(findings.names, findings.candidates, strict=True)}
    for one in pairs:
        first, second = names[one.first], names[one.second]
        low, high = 100 * one.points.low, 100 * one.points.high
        if one.separable and one.points.estimate < 0:
            first, second, low, high = second, first, -high, -low
        text = said.passes_more if one.separable else said.not_separable
        parts = [text.format(first=first, second=second, low=_points(low, words), high=_points(high, words))]
        if not one.separable and one.more_cases:
            parts.append(said.more_cases.format(count=number_text(one.more_cases, numbers)))
        basis = said.exact_basis if one.exact else said.mean_basis
        parts.append(basis.format(cases=number_text(one.cases, numbers), p=p_text(one.adjusted_p, words)))
        yield " ".join(parts)


def _points(value: float, words: ReportWords) -> str:
    return number_text(round(value), words.words).replace("-", "−")


def p_text(p: float, words: ReportWords) -> str:
    """A p-value to three decimals."""
    return f"<{number_text(0.001, words.words, 3)}" if p < 0.001 else number_text(p, words.words, 3)


def rates_table(findings: Findings, names: Sequence[str], words: ReportWords) -> Table:
    """A row a candidate: its pass rate with its interval, its cost and its time."""
    said = words.evaluation
    columns = (
        Column(said.candidate),
        Column(said.passed, is_number=True),
        Column(said.answers, is_number=True),
        Column(said.untold, is_number=True),
        Column(said.mean_cost, is_number=True),
        Column(said.median_time, is_number=True),
    )
    rows = []
    for rate, figures, name, (_setup, stand_in) in zip(
        findings.rates, findings.figures, names, findings.candidates, strict=True
    ):
        rows.append(
            (
                Cell(name, mark=STAND_IN if stand_in else ""),
                Cell(rate_text(rate, words)),
                Cell(f"{number_text(rate.passed, words.words)} / {number_text(rate.answers, words.words)}"),
                Cell(number_text(rate.untold, words.words)),
                _mean_cost(figures, words),
                Cell(
                    duration_text(median(figures.latencies) * _NANOSECONDS if figures.latencies else None, words.words)
                ),
            )
        )
    return Table(said.rates_caption, columns, tuple(rows))


def rate_text(rate: PassRate, words: ReportWords) -> str:
    """A pass rate with its interval; the word where nothing was graded."""
    if rate.rate is None:
        return words.words.unknown
    low, estimate, high = (
        number_text(100 * value, words.words, 1) for value in (rate.rate.low, rate.rate.estimate, rate.rate.high)
    )
    return words.evaluation.rate.format(estimate=estimate, low=low, high=high)


def _mean_cost(figures: Figures, words: ReportWords) -> Cell:
    if not figures.known_costs:
        return Cell(words.words.unknown)
    return _money(figures.dollars / figures.known_costs, figures, words)


def _money(amount: Decimal, figures: Figures, words: ReportWords) -> Cell:
    notes = (Footnote(words.words.play_money, STAND_IN),) if figures.play_money else ()
    return Cell(dollars_text(amount, words.words), notes)


def _chart_names(findings: Findings, words: ReportWords) -> tuple[str, ...]:
    """The candidates by number and model alone, since a chart has little room."""
    found = []
    for number, (setup, stand_in) in enumerate(findings.candidates, start=1):
        name = on_one_line(f"{number}: {setup.model}")
        found.append(words.not_glm.format(name=name) if stand_in else name)
    return tuple(found)


def charts(findings: Findings, words: ReportWords) -> Iterator[BarChart | DotChart]:
    """Pass rates, price against them, time and cost; the first candidates where there are many."""
    said, names = words.evaluation, _chart_names(findings, words)
    notes = [words.stand_in_chart] if any(stand_in for _setup, stand_in in findings.candidates) else []
    notes += [words.more_bars] if len(names) > _MOST_BARS else []
    note = " ".join(notes)
    known = [
        (name, rate, figures)
        for name, rate, figures in zip(names, findings.rates, findings.figures, strict=True)
        if rate.rate
    ][:_MOST_BARS]
    if known:
        yield BarChart(said.rates_chart, said.rates_axis, tuple(_rate_bar(n, r, words) for n, r, _f in known), note)
    priced = [(name, rate, figures) for name, rate, figures in known if figures.costs and figures.dollars]
    if len(priced) > 1:
        play = any(figures.play_money for _name, _rate, figures in priced)
        dots = tuple(_dot(*one, words) for one in priced)
        yield DotChart(
            said.price_chart, said.play_price_axis if play else said.price_axis, said.rates_chart, dots, note
        )
    yield from _spreads(findings, names, note, words)


def _rate_bar(name: str, rate: PassRate, words: ReportWords) -> Bar:
    assert rate.rate
    values = [100 * value for value in (rate.rate.estimate, rate.rate.low, rate.rate.high)]
    return Bar(name, values[0], rate_text(rate, words), values[1], values[2])


def _dot(name: str, rate: PassRate, figures: Figures, words: ReportWords) -> Dot:
    assert rate.rate
    price = figures.dollars / figures.known_costs
    text = f"{dollars_text(price, words.words)}, {rate_text(rate, words)}"
    return Dot(name, float(price), 100 * rate.rate.estimate, text)


def _spreads(findings: Findings, names: Sequence[str], note: str, words: ReportWords) -> Iterator[BarChart]:
    play = any(figures.play_money for figures in findings.figures)
    kinds: tuple[tuple[str, str, Callable[[Figures], Sample | None], float, Callable[[float], str]], ...] = (
        (words.e2e_chart, words.seconds_axis, _time, 1e9, lambda value: duration_text(value, words.words)),
        (
            words.cost_chart,
            words.play_cost_axis if play else words.cost_axis,
            _cost,
            1,
            lambda value: dollars_text(Decimal(str(value)), words.words),
        ),
    )
    for title, axis, figure, unit, text in kinds:
        known = [
            (name, sample) for name, figures in zip(names, findings.figures, strict=True) if (sample := figure(figures))
        ]
        if any(sample.most for _name, sample in known):
            bars = tuple(_bar(name, sample, unit, text, words) for name, sample in known[:_MOST_BARS])
            yield BarChart(title, axis, bars, note)


def _time(figures: Figures) -> Sample | None:
    return sample_of(value * _NANOSECONDS for value in figures.latencies)


def _cost(figures: Figures) -> Sample | None:
    return sample_of(figures.costs)


def _bar(name: str, sample: Sample, unit: float, text: Callable[[float], str], words: ReportWords) -> Bar:
    told = f"{text(sample.median)}, n {number_text(sample.n, words.words)}"
    if sample.n == 1:
        return Bar(name, sample.median / unit, told)
    return Bar(name, sample.median / unit, told, sample.least / unit, sample.most / unit)


def spread_table(findings: Findings, names: Sequence[str], words: ReportWords) -> Table:
    """A row a candidate: how its times and costs spread."""
    said = words.evaluation
    columns = (
        Column(said.candidate),
        Column(said.time, is_number=True),
        Column(said.cost, is_number=True),
        Column(said.cost_in_all, is_number=True),
    )
    rows = []
    for name, figures in zip(names, findings.figures, strict=True):
        in_all = _money(figures.dollars, figures, words) if figures.known_costs else Cell(words.words.unknown)
        rows.append(
            (
                Cell(name),
                sample_cell(_time(figures), lambda value: duration_text(value, words.words), words.words),
                sample_cell(_cost(figures), lambda value: dollars_text(Decimal(str(value)), words.words), words.words),
                in_all,
            )
        )
    return Table(said.spread_caption, columns, tuple(rows))
