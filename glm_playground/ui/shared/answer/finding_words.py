"""Why a request is not sent as it is: what was found in it, and what to do."""

from glm_playground.chat.checks import Finding, Problem
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.text.answer_markdown import literal


def explain_finding(finding: Finding, model: str) -> Explanation:
    """Why a request was not sent."""
    found, limit = (_figure(value) for value in (finding.found, finding.limit))
    sentences = {
        Problem.BLANK_PROMPT: (_("The prompt is empty."), _("Write something, then send.")),
        Problem.BLANK_MODEL: (_("No model is chosen."), _("Choose a model, then send.")),
        Problem.PROMPT_TOO_LONG: (
            _("The prompt is longer than the model's context."),
            _(
                "About {found} tokens by Z.ai's rule of thumb; {model} takes {limit}. Shorten it, or clear the "
                "conversation."
            ),
        ),
        Problem.MAX_TOKENS_TOO_HIGH: (
            _("Max tokens is above the model's limit."),
            _("{found} tokens are asked for; {model} writes at most {limit}. Lower it, then send."),
        ),
        Problem.MAX_TOKENS_TOO_LOW: (_("Max tokens is too low."), _("It must be at least 1.")),
        Problem.TEMPERATURE_OUT_OF_RANGE: (
            _("The temperature is out of range."),
            _("It goes from 0 to {limit} there; {found} was given."),
        ),
        Problem.TOP_P_OUT_OF_RANGE: (
            _("top_p is out of range."),
            _("It must be above 0, and 1 at most; {found} was given."),
        ),
        Problem.TOO_MANY_ANSWERS: (
            _("Too many answers are asked for at once."),
            _("{found} were asked for; this app sends at most {limit}."),
        ),
        Problem.NOT_A_NUMBER: (_("An extra request field is not a number."), _("{names} must be a number.")),
        Problem.FIELDS_REFUSED: (
            _("Some extra request fields may not be sent."),
            _(
                "Not allowed: {names}. Where a request goes, with which key and in whose name is the operator's to "
                "set. Take them out in the settings, then send."
            ),
        ),
        Problem.IMAGES_REFUSED: (
            _("{model} is not known to take images."),
            _("Choose a model that does, such as GLM-5.3-Flash, or send the prompt without them."),
        ),
        Problem.IMAGES_TOO_LARGE: (
            _("The images of this conversation are too large together."),
            _("They have {found} MB; {limit} MB are sent at most. Clear the conversation, or send smaller ones."),
        ),
    }
    title, body = sentences[finding.problem]
    if finding.is_advice:
        body = _(
            "{found} tokens are asked for; elsewhere {model} writes at most {limit}. Lower it, or send it anyway: the "
            "server that is asked has not said its limit."
        )
    names = literal(", ".join(finding.names))
    text = body.format(found=found, limit=limit, model=literal(model), names=names)
    sent = _("Nothing was sent.")
    return Explanation(title.format(model=literal(model)), f"{text} {sent}")


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return number(value, 0 if float(value).is_integer() else 2)
