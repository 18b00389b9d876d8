"""A running order: scenarios that are presented one after the other, and the bundle that carries them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glm_playground.bundles.archive import SHARED, ArchiveLimits
from glm_playground.bundles.bundle import Bundle, BundleError, BundleParts, RecordedRun, ScenarioRow
from glm_playground.bundles.shown_verdict import ShownVerdict
from glm_playground.bundles.snapshot import snapshot
from glm_playground.runs.marks import unmarked_request
from glm_playground.runs.run import Run

_TITLE_CHARACTERS = 80


@dataclass(frozen=True)
class Scenario:
    """Recorded runs that are shown together, a lane each, with what the speaker says about them."""

    title: str
    runs: tuple[RecordedRun, ...]
    """At least one, but of a verdict on stage."""
    notes: str = ""
    language: str = ""
    """`en` or `pt_BR`, or another; empty where nobody said it."""
    verdict: ShownVerdict | None = None
    """Of an evaluation, whose examples the runs are, a case after the other."""

    @property
    def scenes(self) -> tuple["Scenario", ...]:
        """What the stage shows one after the other: of an evaluation the verdict, without runs, then each example."""
        if self.verdict is None or not self.runs:
            return (self,)
        cases: list[list[RecordedRun]] = []
        for one in self.runs:
            before = cases[-1][-1] if cases else None
            if before is None or one.lane <= before.lane or _question(one.run) != _question(before.run):
                cases.append([])
            cases[-1].append(one)
        return (replace(self, runs=()), *(replace(self, runs=tuple(case)) for case in cases))

    @property
    def lanes(self) -> tuple[RecordedRun, ...]:
        """What each lane shows, left to right: its last run."""
        last = {one.lane: one for one in self.runs}
        return tuple(last[lane] for lane in sorted(last))

    @property
    def question(self) -> str:
        """What the audience reads: the user's last words."""
        return _question(self.lanes[0].run) if self.runs else ""

    @property
    def name(self) -> str:
        """Its title where nobody gave it one: the beginning of its question, else who was asked."""
        return " ".join(self.question[:1000].split())[:_TITLE_CHARACTERS] or self.lanes[0].run.request.model

    @property
    def id(self) -> str:
        """By which it is known again in its order: its first run's."""
        return self.runs[0].run.id

    @property
    def run_ids(self) -> frozenset[str]:
        """Of its runs; no other scenario of an order has any of them."""
        return frozenset(one.run.id for one in self.runs)


@dataclass(frozen=True)
class BrokenScenario:
    """A scenario that cannot be shown, and why."""

    title: str
    error: BundleError


@dataclass(frozen=True)
class RunningOrder:
    """Scenarios in the order they are shown."""

    title: str = ""
    scenarios: tuple[Scenario, ...] = ()
    broken: tuple[BrokenScenario, ...] = ()
    """Left out when the order is written."""
    note: str = ""

    def put(self, scenario: Scenario, language: str = "") -> "RunningOrder":
        """With a scenario at the end, in place of those that have one of its runs.

        Words that somebody gave the first of these stay where the new one has none; `language` is for one that nobody
        said a language of.
        """
        kept = tuple(one for one in self.scenarios if not one.run_ids & scenario.run_ids)
        before = next((one for one in self.scenarios if one.run_ids & scenario.run_ids), Scenario("", ()))
        put = replace(
            scenario,
            title=scenario.title or before.title or scenario.name,
            notes=scenario.notes or before.notes,
            language=scenario.language or before.language or language,
        )
        return replace(self, scenarios=(*kept, put))

    @property
    def scenes(self) -> "RunningOrder":
        """The order as the stage goes through it."""
        return replace(self, scenarios=tuple(scene for one in self.scenarios for scene in one.scenes))

    def scene(self, place: int) -> int:
        """The place, among the scenes, of the first scene of the scenario at `place`."""
        return sum(len(one.scenes) for one in self.scenarios[:place])

    @property
    def recordings(self) -> list[Run]:
        """What all lanes of all scenarios show."""
        return [one.run for scenario in self.scenarios for one in scenario.lanes]

    def joined(self, scenarios: Sequence[Scenario], language: str = "") -> "RunningOrder":
        """With several scenarios at the end; see `put`."""
        found = self
        for scenario in scenarios:
            found = found.put(scenario, language)
        return found

    def without(self, id: str) -> "RunningOrder":
        """Without a scenario."""
        return replace(self, scenarios=tuple(one for one in self.scenarios if one.id != id))

    def moved(self, id: str, by: int) -> "RunningOrder":
        """With a scenario so many places later, or earlier."""
        found = next((place for place, one in enumerate(self.scenarios) if one.id == id), None)
        if found is None:
            return self
        left = [one for one in self.scenarios if one.id != id]
        left.insert(max(0, found + by), self.scenarios[found])
        return replace(self, scenarios=tuple(left))

    def changed(self, id: str, title: str, notes: str, language: str) -> "RunningOrder":
        """With other words of a scenario."""
        scenarios = [
            replace(one, title=title, notes=notes, language=language) if one.id == id else one for one in self.scenarios
        ]
        return replace(self, scenarios=tuple(scenarios))


def _question(run: Run) -> str:
    messages = unmarked_request(run.request).messages
    return next((message.content for message in reversed(messages) if message.role == "user"), "")


def scenarios_of(runs: Sequence[RecordedRun]) -> tuple[Scenario, ...]:
    """What recorded runs become on stage, without words: lanes that end with the same question stand side by side."""
    groups: dict[str, list[RecordedRun]] = {}
    lanes: dict[int, list[RecordedRun]] = {}
    for one in runs:
        lanes.setdefault(one.lane, []).append(one)
    for lane in sorted(lanes):
        groups.setdefault(Scenario("", tuple(lanes[lane])).question, []).extend(lanes[lane])
    return tuple(Scenario("", tuple(found)) for found in groups.values())


def bundle_of(order: RunningOrder) -> Bundle:
    """The bundle that carries an order, made now, to be searched for keys and written."""
    rows = tuple(
        ScenarioRow(title=one.title, notes=one.notes, language=one.language, runs=len(one.runs), verdict=one.verdict)
        for one in order.scenarios
    )
    runs = [run for one in order.scenarios for run in one.runs]
    return replace(snapshot(runs, order.title, order.note), scenarios=rows)


def read_order(data: bytes, limits: ArchiveLimits = SHARED) -> RunningOrder:
    """The running order in a `.glmrun` file; any other bundle is one of a single scenario.

    A scenario with a run that cannot be read is told apart, and the others are there.

    Raises:
        BundleError: the file is no bundle, or of a later version.
    """
    parts = BundleParts(data, limits)
    rows = parts.scenarios or (ScenarioRow(title=parts.title, notes=parts.note, language="", runs=parts.count),)
    scenarios: list[Scenario] = []
    broken: list[BrokenScenario] = []
    next_number = 1
    for row in rows:
        numbers = range(next_number, next_number + row.runs)
        next_number += row.runs
        try:
            runs = tuple(map(parts.run, numbers))
        except BundleError as error:
            # Alone: its traceback, and the error that it came of, hold what was read so far.
            error.__traceback__ = error.__context__ = None
            broken.append(BrokenScenario(row.title, error))
        else:
            scenarios.append(Scenario(row.title, runs, row.notes, row.language, row.verdict))
    return RunningOrder(parts.title, tuple(scenarios), tuple(broken), parts.note)
