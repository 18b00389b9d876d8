"""What the settings say of themselves: what a card declares, and why a field cannot be used."""

from glm_playground.catalog import ModelCard
from glm_playground.chat.structured import NO_SCHEMA, SchemaProblem
from glm_playground.chat.tools import ToolFault, ToolProblem
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal


def capability_note(card: ModelCard | None, name: str) -> str:
    """What RunAPI says of a capability with the model; empty where it says that it is supported."""
    facts = card.gateway("runapi") if card else None
    fact = getattr(facts.capabilities, name) if facts else None
    words = {
        "supported": "",
        "rejected": _("RunAPI refuses it"),
        "advertised": _("advertised by RunAPI"),
        "not declared": _("not declared"),
    }
    return words.get(fact.value, _("not declared")) if fact else _("not declared")


def explain_tools(problem: ToolProblem) -> str:
    """Why the tools cannot be used."""
    reasons = {
        ToolFault.NOT_JSON: _("This is not JSON."),
        ToolFault.NOT_A_LIST: _("Expected a list of tools."),
        ToolFault.NOT_A_FUNCTION: _("A tool must be a function."),
        ToolFault.NAME_MISSING: _("A function has no name."),
        ToolFault.NAME_INVALID: _("A name holds letters, digits, _ and - only, at most 64."),
        ToolFault.NAME_TWICE: _("Two functions have the same name."),
        ToolFault.PARAMETERS_INVALID: _("The parameters are not a JSON Schema of an object."),
        ToolFault.TOO_MANY: _("GLM takes up to 128 tools."),
    }
    place = _("Tool {number}.").format(number=problem.index + 1) if problem.index is not None else ""
    detail = f"{_reason(problem.detail)}." if problem.detail else ""
    return " ".join(filter(None, (place, reasons[problem.kind], detail)))


def explain_schema(problem: SchemaProblem) -> str:
    """Why the schema cannot be used."""
    if problem == NO_SCHEMA:
        return _("The JSON Schema is empty.")
    # Of the whole there is no place to name.
    place = "" if problem.path == "$" else f"{problem.path} "
    return _("This is not a JSON Schema: {reason}.").format(reason=_reason(place + problem.message))


def explain_extra(reason: str) -> str:
    """Why the further fields cannot be used."""
    return _("These fields are not sent: {reason}.").format(reason=_reason(reason))


def _reason(text: str) -> str:
    return literal(text.strip().removesuffix("."))


def encoding_name(encoding: str) -> str:
    """What an encoding of `chat.encodings` is called."""
    return {
        "gb18030": _("Chinese (GB18030, GBK)"),
        "big5": _("Chinese (Big5)"),
        "cp932": _("Japanese (Shift JIS)"),
        "euc_jp": _("Japanese (EUC-JP)"),
        "cp949": _("Korean (EUC-KR)"),
        "cp1252": _("Western (Windows-1252)"),
        "cp1250": _("Central European (Windows-1250)"),
        "cp1251": _("Cyrillic (Windows-1251)"),
        "koi8_r": _("Cyrillic (KOI8-R)"),
        "cp1253": _("Greek (Windows-1253)"),
        "cp1254": _("Turkish (Windows-1254)"),
        "cp1255": _("Hebrew (Windows-1255)"),
        "cp1256": _("Arabic (Windows-1256)"),
        "cp874": _("Thai (Windows-874)"),
        "cp1258": _("Vietnamese (Windows-1258)"),
    }[encoding]
