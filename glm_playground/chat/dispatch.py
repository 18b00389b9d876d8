"""What a draft sends to its lanes, what it may cost, and what holds it back."""

from dataclasses import dataclass
from decimal import Decimal

from glm_playground.chat.forecast import Forecast
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.plan import Outlook, Plan, Request, check
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.start import Runner, start
from glm_playground.chat.variables import fill, missing
from glm_playground.chat.workbench import Draft, Workbench

NO_LIMIT = Decimal("Infinity")


@dataclass(frozen=True)
class Dispatch:
    """The drafts of a workbench on their way to its lanes."""

    bench: Workbench
    runner: Runner

    def prompt_of(self, draft: Draft) -> Prompt:
        """The prompt that a draft sends, its variables filled."""
        if draft.prompt:
            return draft.prompt
        names = draft.variables
        if not names:
            return Prompt(draft.text if draft.literal else fill(draft.text, {}), draft.attachments)
        values = {name: value for name in names if (value := self.bench.values.get(name)) is not None}
        return Prompt(fill(draft.text, values), draft.attachments, template=draft.text, values=values)

    def plan_of(self, draft: Draft) -> Plan:
        """Every request that a draft would send now, whether they pass their checks or not."""
        bench = self.bench
        prompt = self.prompt_of(draft)
        requests = []
        for lane in (lane for lane_id in draft.lane_ids if (lane := bench.lane(lane_id))):
            turn = lane.conversation.find(draft.turn_id) if draft.turn_id else None
            setup = bench.setup_of(lane)
            request = lane.conversation.request(prompt, setup, before=turn).said_in(self.runner.dialect(setup.gateway))
            requests.append(Request(lane, request, turn, setup.gateway))
        return Plan(prompt, tuple(requests), bench.repeats, one_by_one=bench.one_by_one)

    @property
    def outlook(self) -> Outlook:
        """What predictions are made from."""
        return Outlook(self.runner.limits, self.runner.price, self.bench.past_outputs)

    def forecast(self, plan: Plan) -> Forecast | None:
        """What `plan` will use and cost; None where there is nothing to forecast."""
        return self.outlook.forecast(plan)

    def send(self, draft: Draft, beside: Decimal = Decimal(0)) -> Notice | None:
        """Starts what a draft sends, or says why it waits; a lane that cannot be asked has a notice of its own.

        Args:
            draft: is sent to the lanes that can be asked.
            beside: US dollars that the same act may cost already; a limit holds for the whole act.
        """
        bench = self.bench
        plan = self.plan_of(draft)
        if not plan.requests:
            return Notice(NoticeKind.NO_LANE)
        if any(request.lane.conversation.live_runs() for request in plan.requests):
            return Notice(NoticeKind.BUSY)
        if draft.variables and (not draft.filled or missing(draft.text, bench.values)):
            return Notice(NoticeKind.VARIABLES, missing(draft.text, bench.values))
        if any(draft.guessed) and not draft.filled:
            return Notice(NoticeKind.ENCODING)
        ready = [request for request in plan.requests if self._may_send(request, unchecked=draft.unchecked)]
        if not ready:
            # The same for every lane unless models differ: said once, with the prompt that waits.
            first, notice = plan.requests[0].lane, plan.requests[0].lane.notice
            for request in plan.requests:
                if request.lane.notice == notice:
                    request.lane.notice = None
            return notice or first.notice
        plan = plan.only(ready)
        if self._must_confirm(plan, draft, beside):
            alone = self._must_confirm(plan, draft, Decimal(0))
            return Notice(NoticeKind.CONFIRM if alone else NoticeKind.CONFIRM_TOGETHER)
        start(plan, draft, bench, self.runner)
        return None

    def _may_send(self, request: Request, *, unchecked: bool) -> bool:
        lane = request.lane
        if problems := self.bench.settings_of(lane).problems:
            lane.notice = Notice(NoticeKind.SETTINGS, tuple(problems))
            return False
        if not self.runner.has(request.gateway):
            lane.notice = Notice(NoticeKind.NO_GATEWAY, (request.gateway,))
            return False
        finding = check(request.body, self.runner.limits(request.gateway, request.body.model))
        if finding and not (unchecked and finding.may_be_overridden):
            lane.notice = Notice(NoticeKind.CHECK, finding=finding, model=request.body.model)
            return False
        return True

    def _must_confirm(self, plan: Plan, draft: Draft, beside: Decimal) -> bool:
        limit = self.bench.ask_above
        if limit is None:
            return False
        if draft.confirmed is None:
            # A limit of 0 asks every time.
            return limit == 0 or beside + self.most_cost(plan) > limit
        return beside + self.most_cost(plan) > max(limit, draft.confirmed)

    def most_cost(self, plan: Plan) -> Decimal:
        """US dollars that a plan may cost at most; infinite where no price is known."""
        found = self.forecast(plan)
        if found is None:
            return Decimal(0)
        return NO_LIMIT if found.most_cost is None else found.most_cost
