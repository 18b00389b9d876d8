"""Who was asked in a report: the lanes of one model with the same settings are one candidate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from glm_playground.chat.setup import Setup
from glm_playground.reports.figures import LaneFigures, lane_figures
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import MeasuredLane
from glm_playground.reports.shown_text import on_one_line
from glm_playground.reports.transcript import TranscriptLane
from glm_playground.runs.cost import Cost, CostState, is_play_money
from glm_playground.runs.run import Run
from glm_playground.runs.samples import Sample, sample_of


@dataclass(frozen=True, eq=False)
class ReportCandidate:
    """A model with its settings, and all lanes that asked it so."""

    number: int
    """From 1."""
    setup: Setup
    lanes: tuple[TranscriptLane, ...]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Each once: a copied lane begins with the runs of the one it was copied from."""
        return tuple({run.id: run for lane in self.lanes for run in lane.runs}.values())

    @cached_property
    def costs(self) -> Mapping[str, Cost]:
        """By run id."""
        return {run_id: cost for lane in self.lanes for run_id, cost in lane.costs.items()}

    @cached_property
    def figures(self) -> LaneFigures:
        """Over all its runs."""
        return lane_figures(self.runs, self.costs)

    @property
    def measured(self) -> MeasuredLane:
        """As a row of the table of figures."""
        return MeasuredLane(self.setup, self.runs, self.figures)

    @property
    def stood_in(self) -> bool:
        """Whether a stand-in answered in its place, once or always."""
        return any(run.server.stand_in for run in self.runs)

    @property
    def in_play_money(self) -> bool:
        """Whether some of its costs are nobody's."""
        return any(is_play_money(run, cost) for run in self.runs if (cost := self.costs.get(run.id)))

    def name(self, words: ReportWords) -> str:
        """Its number and model; a stand-in is named as one."""
        name = on_one_line(f"{self.number}: {self.setup.asked or words.words.unknown}")
        return words.not_glm.format(name=name) if self.stood_in else name


def candidates_of(lanes: Sequence[TranscriptLane]) -> list[ReportCandidate]:
    """The candidates in the order of their first lanes."""
    found: dict[tuple[str, str, str], list[TranscriptLane]] = {}
    for lane in lanes:
        setup = lane.setup
        settings = repr(sorted(setup.parameters.fields().items(), key=lambda field: field[0]))
        found.setdefault((setup.asked, setup.system.strip(), settings), []).append(lane)
    return [
        ReportCandidate(number, group[0].setup, tuple(group)) for number, group in enumerate(found.values(), start=1)
    ]


def cost_sample(runs: Sequence[Run], costs: Mapping[str, Cost]) -> Sample | None:
    """What one run cost, over those that were charged and have an amount, in US dollars."""
    known = [cost for run in runs if (cost := costs.get(run.id)) and cost.state is not CostState.NOT_CHARGED]
    return sample_of(float(cost.amount) for cost in known if cost.amount is not None)
