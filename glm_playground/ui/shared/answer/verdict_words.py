"""The verdict on a pair of candidates, as pages and the stage say it."""

from glm_playground.ui.shared.i18n import _, ngettext, number


def pair_sentence(
    first: str, second: str, points: tuple[float, float], *, separable: bool, second_ahead: bool, more_cases: int | None
) -> str:
    """What is known of two candidates, as Markdown.

    Args:
        first: a name, as Markdown.
        second: the other's.
        points: the bounds of how many percentage points more the first passes.
        separable: whether they can be told apart; the one ahead is then named first.
        second_ahead: whether that is the second.
        more_cases: about how many more would tell, where that is known.
    """
    low, high = points
    if separable:
        if second_ahead:
            first, second, low, high = second, first, -high, -low
        said = _("**{first}** passes {low} to {high} points more than **{second}**.")
    else:
        said = _("**{first}** and **{second}** are not separable: {low} to {high} points.")
    said = said.format(first=first, second=second, low=number(low), high=number(high))
    if not separable and more_cases:
        more = ngettext("About {count} more case would tell.", "About {count} more cases would tell.", more_cases)
        said += " " + more.format(count=number(more_cases))
    return said
