"""What is said where an owner has stored as much of a kind as one may."""

from glm_playground import bounds
from glm_playground.ledger import Stored
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.explanation import Explanation

_MB = 1024**2


def explain_no_room(stored: Stored) -> Explanation:
    """What there is a most of, and what to delete."""
    said = {
        Stored.RUNS: _(
            "Your history may have {size} MB. New answers are stored again once you delete runs on the page History. "
            "Until then they are open in this tab, and stay in the workbench as long as that has room."
        ),
        Stored.SUITES: _("You may have {most} suites, of {size} MB together. Delete one on the page Evaluate."),
        Stored.EVALUATIONS: _(
            "You may have {most} evaluations, of {size} MB together. Delete one on the page Evaluate; its runs stay."
        ),
        Stored.CELLS: _(
            "All your evaluations may have {most} requests. Delete one on the page Evaluate, whose runs stay, or ask "
            "fewer cases."
        ),
        Stored.WORKBENCHES: _(
            "You may have {most} workbenches, of {size} MB together with your running order. Delete one that you no "
            "longer need on the page Playground."
        ),
        Stored.PRESETS: _("Your presets may have {size} MB together. Delete one."),
        Stored.VOTES: _("You may have {most} votes. Delete some on the page Vote."),
    }
    most, size = {
        Stored.RUNS: (0, bounds.OWN_RUNS_BYTES),
        Stored.SUITES: (bounds.OWN_SUITES, bounds.OWN_SUITES_BYTES),
        Stored.EVALUATIONS: (bounds.OWN_EVALUATIONS, bounds.OWN_EVALUATIONS_BYTES),
        Stored.CELLS: (bounds.OWN_EVALUATIONS_CELLS, 0),
        Stored.WORKBENCHES: (bounds.OWN_WORKBENCHES, bounds.OWN_WORKBENCHES_BYTES),
        Stored.PRESETS: (bounds.PRESETS, bounds.PRESET_FILE_BYTES),
        Stored.VOTES: (bounds.OWN_VOTES, 0),
    }[stored]
    return Explanation(
        _("There is no room for more."), said[stored].format(most=number(most), size=number(size // _MB))
    )
