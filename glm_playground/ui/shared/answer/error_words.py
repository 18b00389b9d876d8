"""Why a run failed or is sent again: what happened, what it means, what to do."""

from collections.abc import Callable

from glm_playground.gateway.errors import Speaker, speaker_of
from glm_playground.runs.caps import Refusal
from glm_playground.runs.engine import DRAINING
from glm_playground.runs.run import Run, RunError
from glm_playground.settings import settings
from glm_playground.ui.shared.answer.refusal_words import explain_refusal
from glm_playground.ui.shared.figures import seconds
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.text.answer_markdown import code_span, literal


def explain_error(run: Run) -> Explanation:
    """Why `run` failed, in words; the gateway's own words and the ids to quote come last."""
    error = run.error or RunError("InternalError", "")
    if refusal := Refusal.of(error):
        return Explanation(*explain_refusal(refusal))
    explain = _ERRORS.get(error.kind, _internal)
    title, body = explain(error, run)
    said = [literal(error.message)] if error.message else []
    said += [f"{literal(name)}: {literal(' '.join(texts))}" for name, texts in error.fields]
    parts = [body]
    if said and error.kind != "InternalError":
        speaks = {
            Speaker.SERVER: _("Server message: {words}"),
            Speaker.PROXY: _("The proxy's words: {words}"),
            Speaker.APP: _("Details: {words}"),
        }
        parts.append(speaks[speaker_of(error.kind)].format(words="; ".join(said)))
    if error.status or error.code:
        parts.append(_("Status and code: {status}").format(status=literal(f"{error.status or ''} {error.code or ''}")))
    ids = {_("request id"): run.request_id, _("client request id"): run.id}
    parts.append(" · ".join(f"{name} {code_span(value)}" for name, value in ids.items() if value))
    return Explanation(title, "  \n".join(parts))


def explain_retry(text: str, run: Run) -> str:
    """Why `run` is sent again and after how long; `text` is that of the event, such as "RateLimited 1.5"."""
    kind, _space, pause = text.partition(" ")
    title, _body = _ERRORS.get(kind, _internal)(RunError(kind, ""), run)
    return _("{reason} Nothing was charged; sent again after {time}.").format(
        reason=title, time=seconds(float(pause or 0) * 1e9)
    )


def _address_setting() -> str:
    """The setting that has a gateway's address."""
    return "GLM_PLAYGROUND_GATEWAYS" if settings().gateways else "RUNAPI_BASE_URL"


def _key_setting(run: Run) -> str:
    """The setting that has the key of the gateway that was asked."""
    if settings().gateways is None:
        return "RUNAPI_API_KEY"
    return _("the variable that holds the key of {name}").format(name=literal(run.server.name))


def _refused(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("Can't connect to {address}.").format(address=literal(run.server.origin)),
        _("Nothing was sent, so nothing is charged. Start the server or correct {setting}, then try again.").format(
            setting=_address_setting()
        ),
    )


def _unreached(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("{address} cannot be reached.").format(address=literal(run.server.origin)),
        _("Nothing was sent, so nothing is charged. Check the network and the address, then try again."),
    )


def _connect_timeout(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("{address} did not take the connection in time.").format(address=literal(run.server.origin)),
        _(
            "Nothing was sent, so nothing is charged. Try again; a slow network may need a higher "
            "GLM_PLAYGROUND_CONNECT_TIMEOUT."
        ),
    )


def _draining(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("This app is about to restart."),
        _("Nothing was sent, so nothing is charged. Answers that are running may finish. Send again in a minute."),
    )


def _unsendable(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The request holds something that cannot be sent."),
        _("Nothing was sent, so nothing is charged. Correct what is named below, then send again."),
    )


def _network_unusable(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("A network setting of this computer cannot be used."),
        _("Nothing was sent, so nothing is charged. Correct the variable named below and start the app again."),
    )


def _proxy_unreachable(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The proxy cannot be reached."),
        _(
            "Nothing was sent, so nothing is charged. It is the proxy, not the server: check HTTPS_PROXY and "
            "ALL_PROXY, or name the server in NO_PROXY."
        ),
    )


def _proxy_refused(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The proxy did not let the request through."),
        _(
            "Nothing reached the server, so nothing is charged. Ask whoever runs the proxy to allow {address}, or name "
            "it in NO_PROXY."
        ).format(address=literal(run.server.origin)),
    )


def _unanswered(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The connection ended before any answer."),
        _(
            "The request was on its way, and nobody knows whether the server received it: it may have been charged, so "
            "it was not sent again. Send again if you want to."
        ),
    )


def _content_refused(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The server's content filter refused the prompt."),
        _("Nothing was generated. Word the prompt in another way, then send again."),
    )


def _rejected(error: RunError, run: Run) -> tuple[str, str]:
    return _("The server refused the request as not valid."), _("Change what it names and send again.")


def _unsupported(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("{model} doesn't support part of this request.").format(model=literal(run.request.model)),
        _("This is a finding about the model on this server. Set that control back to the default and send again."),
    )


def _limit(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The request is above a limit of {model}.").format(model=literal(run.request.model)),
        _("Shorten the conversation or lower the max tokens, then send again."),
    )


def _authentication(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The key was not accepted."),
        _("It is missing, mistyped or revoked. Set {setting} to a valid key and start the app again.").format(
            setting=_key_setting(run)
        ),
    )


def _credits(error: RunError, run: Run) -> tuple[str, str]:
    return _("The account has no credits left."), _("Nothing was generated. Top up the account, then send again.")


def _permission(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("This key may not use {model}.").format(model=literal(run.request.model)),
        _("Choose another model, or ask the key's owner to allow this one."),
    )


def _not_found(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The server does not know {model}, or does not know the address.").format(model=literal(run.request.model)),
        _("Check the model's id; if the id is right, check the address in {setting}.").format(
            setting=_address_setting()
        ),
    )


def _model_not_found(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The server does not know {model}.").format(model=literal(run.request.model)),
        _("Check the model's id, or choose one that the server lists."),
    )


def _path_not_found(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("There is no chat at this address."),
        _("The server answers, but not at this path: check the address in {setting}. The model was not asked.").format(
            setting=_address_setting()
        ),
    )


def _timeout(error: RunError, run: Run) -> tuple[str, str]:
    return _("The server gave up waiting for the model."), _("Try again, or ask for a shorter answer.")


def _conflict(error: RunError, run: Run) -> tuple[str, str]:
    return _("The server has another request under the same id."), _("Send again; a new id is used.")


def _retired(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("{model} is no longer served.").format(model=literal(run.request.model)),
        _("Choose a newer model."),
    )


def _payload(error: RunError, run: Run) -> tuple[str, str]:
    return _("The request is too large for the server."), _("Shorten the prompt or clear the conversation.")


def _rate_limited(error: RunError, run: Run) -> tuple[str, str]:
    wait = seconds(error.retry_after * 1e9) if error.retry_after is not None else None
    return (
        _("Too many requests for this key."),
        _("The server asks to wait {time}.").format(time=wait) if wait else _("Wait a moment, then send again."),
    )


def _server_failed(error: RunError, run: Run) -> tuple[str, str]:
    return _("The server failed."), _("It is not your prompt. Try again in a moment; quote the request id if it stays.")


def _unavailable(error: RunError, run: Run) -> tuple[str, str]:
    return _("The server is not available right now."), _("Try again in a few minutes.")


def _overloaded(error: RunError, run: Run) -> tuple[str, str]:
    return _("The server is overloaded."), _("Try again in a few minutes, or choose another model.")


def _redirected(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The server points to another address."),
        _("A key is never sent to another address. Correct {setting} to the final one.").format(
            setting=_address_setting()
        ),
    )


def _unreadable(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The answer is not a chat completion."),
        _("The address may belong to another kind of server. Check {setting}.").format(setting=_address_setting()),
    )


def _stream_failed(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The server reported an error while it answered."),
        _("The text so far is kept. Whether such an answer is charged is not documented."),
    )


def _stream_broken(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The connection broke before the answer was complete."),
        _("The text so far is kept. Try again. Whether such an answer is charged is not documented."),
    )


def _stream_silent(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The server was silent for too long."),
        _(
            "The text so far is kept; it may have been charged. A model that thinks for long may need a higher "
            "GLM_PLAYGROUND_READ_TIMEOUT."
        ),
    )


def _line_too_long(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("The server sent more in one piece than this app reads."),
        _("The text so far is kept. Ask for a shorter answer."),
    )


def _internal(error: RunError, run: Run) -> tuple[str, str]:
    return (
        _("Something went wrong in this app."),
        _("This is our bug. The text so far is kept; quote {id}.").format(id=run.id),
    )


_ERRORS: dict[str, Callable[[RunError, Run], tuple[str, str]]] = {
    "RequestUnsendable": _unsendable,
    DRAINING: _draining,
    "ConnectionFailed": _unreached,
    "ConnectionRefused": _refused,
    "ConnectTimeout": _connect_timeout,
    "NetworkUnusable": _network_unusable,
    "ProxyUnreachable": _proxy_unreachable,
    "ProxyRefused": _proxy_refused,
    "RequestUnanswered": _unanswered,
    "RequestRejected": _rejected,
    "CapabilityUnsupported": _unsupported,
    "LimitExceeded": _limit,
    "ContentRefused": _content_refused,
    "AuthenticationFailed": _authentication,
    "CreditsExhausted": _credits,
    "PermissionDenied": _permission,
    "NotFound": _not_found,
    "ModelNotFound": _model_not_found,
    "PathNotFound": _path_not_found,
    "GatewayTimeout": _timeout,
    "RequestConflict": _conflict,
    "ModelRetired": _retired,
    "PayloadRejected": _payload,
    "RateLimited": _rate_limited,
    "ServerFailed": _server_failed,
    "ServiceUnavailable": _unavailable,
    "Overloaded": _overloaded,
    "RedirectRefused": _redirected,
    "ResponseUnreadable": _unreadable,
    "StreamFailed": _stream_failed,
    "StreamBroken": _stream_broken,
    "StreamSilent": _stream_silent,
    "StreamLineTooLong": _line_too_long,
}
