"""Blind votes: two answers to one prompt without names, which of them is better, and who is ahead by all votes."""

from glm_playground.ledger import Ledger, LedgerError, LedgerOpening
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.facts.live_notices import watch_answers
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.ledger_notice import draw_error, draw_opening, draw_problem, ledger
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.views import open_view
from glm_playground.ui.shared.page_header import draw_header, draw_sandbox_notice
from glm_playground.ui.vote.ballot_view import draw_ballot
from glm_playground.ui.vote.open_vote import given, open_vote
from glm_playground.ui.vote.question import draw_next_question
from glm_playground.ui.vote.reveal import draw_reveal

servers = asked_gateways().all
for server in servers:
    live_facts.ask(server)

draw_header(_("Vote"), attaches=True)
draw_sandbox_notice()
opened = ledger()
draw_problem()
if isinstance(opened, LedgerOpening):
    draw_opening(opened)
elif isinstance(opened, Ledger):
    views = {"vote": _("Vote"), "standings": _("Standings"), "votes": _("Votes given")}
    try:
        match open_view(views, "vote_view"):
            case "standings":
                from glm_playground.ui.vote.standings_view import draw_standings

                draw_standings(opened, owner())
            case "votes":
                # pandas takes its time to load: only who looks at the grid waits for it.
                from glm_playground.ui.vote.votes_list import draw_votes

                draw_votes(opened, owner())
            case _:
                if ballot := open_vote(opened):
                    draw_ballot(opened, ballot)
                else:
                    if last := given():
                        draw_reveal(last)
                    draw_next_question(opened)
                watch_answers(*servers)
    except LedgerError as error:
        draw_error(error)
