"""What a run asked: as it is called on the screen, and as the settings of a lane that asks the same."""

from glm_playground.chat.setup import Setup, asked_text, setup_of
from glm_playground.runs.run import Run
from glm_playground.ui.shared.page.own_key import asked_gateways


def asked_name(run: Run) -> str:
    """The model, and the gateway where there are several: "glm-5.1 @ RunAPI"."""
    model, server = run.request.model, run.server.name
    return asked_text(model, server) if asked_gateways().several else model


def asked_setup(run: Run) -> Setup:
    """The settings of a lane that asks the same of the same gateway; without one where there is but one."""
    return setup_of(run.request, run.server.name if asked_gateways().several else "")
