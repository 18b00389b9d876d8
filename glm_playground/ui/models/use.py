"""How to use a model: endpoint, quickstart, skill, steps, uses, questions and answers."""

import streamlit as st

from glm_playground.catalog import Catalog, GatewayFacts, GatewaySheet, ModelCard
from glm_playground.ui.models.skill import skill_of
from glm_playground.ui.shared.answer.starters import QUICKSTART
from glm_playground.ui.shared.facts.fact_values import aside, code, kind_name, published
from glm_playground.ui.shared.facts.fact_view import FactView, Row, row
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.snippets import BASE_URL, snippets


def endpoint_rows(card: ModelCard, sheet: GatewaySheet) -> list[Row]:
    """Where a request goes, and which request shapes RunAPI takes for the model."""
    facts = card.gateway("runapi") or GatewayFacts(id="runapi")
    protocols = facts.protocols
    shapes = (
        ("chat_completions", _("Chat Completions"), "/v1/chat/completions", protocols.chat_completions),
        ("responses", _("Responses"), "/v1/responses", protocols.responses),
        ("messages", _("Messages"), "/v1/messages", protocols.messages),
        ("gemini_contents", _("Gemini contents"), "/v1beta/models/{id}:generateContent", protocols.gemini_contents),
    )
    base = code(sheet.sdk_base_url.value) if sheet.sdk_base_url.value else None
    rows = [
        row("sheet.base_url", _("Base address for SDKs"), sheet.sdk_base_url, base),
        row("sheet.protocol", _("Protocol"), sheet.protocol),
        row("sheet.auth", _("Key"), sheet.auth, code(sheet.auth.value) if sheet.auth.value else None),
        row("sheet.failed", _("Failed generations"), sheet.failed_generations),
    ]
    for key, name, path, fact in shapes:
        taken = {True: code(path), False: _("no"), None: _("unknown")}[fact.value]
        rows.append(row(f"runapi.protocol.{key}", name, fact, taken))
    zai = card.gateway("zai")
    if zai:
        endpoint = code(zai.endpoint.value) if zai.endpoint.value else None
        rows.append(row("zai.endpoint", _("Z.ai's own endpoint"), zai.endpoint, endpoint))
    return rows


@st.fragment
def draw_quickstart(model: str, served: bool) -> None:
    """Draws the prompt and the programs that ask it."""
    if not served:
        st.markdown(aside(_("RunAPI was not seen to serve this model: it may refuse these requests.")))
    prompt = st.text_area(_("Your prompt"), QUICKSTART, key="quickstart_prompt", height=80, persist_state="session")
    made = snippets(model, prompt or "")
    for tab, snippet in zip(st.tabs([snippet.name for snippet in made]), made, strict=True):
        tab.code(snippet.text, language=snippet.language, wrap_lines=True)
    note = _("The key is read from {key}. {variable}, where it is set, takes the place of {address}.")
    address = code(BASE_URL)
    st.markdown(aside(note.format(key=code("RUNAPI_API_KEY"), variable=code("RUNAPI_BASE_URL"), address=address)))


def skill_rows(card: ModelCard, sheet: GatewaySheet) -> list[Row]:
    """Who says what about RunAPI's skill for the model."""
    facts = card.gateway("runapi") or GatewayFacts(id="runapi")
    rows = [
        row("runapi.skill", _("Name on ClawHub"), facts.skill, code(facts.skill.value) if facts.skill.value else None),
        row("runapi.skill_use_when", _("Use this variant for"), facts.skill_use_when),
        row("sheet.skill_text", _("RunAPI's words"), sheet.skill_text),
    ]
    install = sheet.skill_install
    if install.chosen is None:
        return rows
    certainty = _("{kind}: {note}").format(
        kind=kind_name(install.chosen.kind),
        note=published(install.chosen.note) if install.chosen.note else _("no note"),
    )
    return [row("sheet.skill_install", _("Confidence"), install, certainty), *rows]


def guide_rows(sheet: GatewaySheet) -> list[Row]:
    """Who says how the model is used, where, and the questions and answers."""
    return [
        row("sheet.steps", _("How to use it"), sheet.steps),
        row("sheet.uses", _("Where to use it"), sheet.uses),
        row("sheet.faq", _("Questions and answers"), sheet.faq),
        row("sheet.highlights", _("RunAPI's highlights"), sheet.highlights),
    ]


def draw_skill(card: ModelCard, catalog: Catalog, sheet: GatewaySheet, view: FactView, *, unfolded: bool) -> None:
    """Draws the command that installs RunAPI's skill, and this variant's own folder to download."""
    if sheet.skill_install.chosen:
        st.code(sheet.skill_install.chosen.value, language="bash")
    st.markdown(view.table(skill_rows(card, sheet)))
    skill = skill_of(card, catalog)
    st.download_button(
        _("Download this variant's skill"),
        skill.archive,
        file_name=f"{skill.name}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
    )
    with st.expander(
        _("{file} of {folder}").format(file="SKILL.md", folder=code(skill.name)), unfolded, type="compact"
    ):
        st.code(skill.text, language="markdown", height="content" if unfolded else 320, wrap_lines=True)


def draw_steps(model: str, sheet: GatewaySheet, view: FactView) -> None:
    """Draws how to use it, in four steps."""
    texts = {
        "Escolha o modelo": _("Choose the model: compare its sheet with the others'."),
        "Envie o ID do modelo": _("Send its id: {id} in the field {field}.").format(
            id=code(model), field=code("model")
        ),
        "Execute a tarefa": _("Run it and store the task id that comes back in {header}.").format(
            header=code("X-RunAPI-Task-Id")
        ),
        "Colete a saída": _(
            "Collect the output: GLM chat answers in the response itself; a task can be asked for at {path}, or sends "
            "a callback."
        ).format(path=code("GET /api/v1/tasks/{id}")),
    }
    steps = sheet.steps.value or ()
    lines = (f"{place}. {texts.get(_heading(step), '')} {_quotation(step)}" for place, step in enumerate(steps, 1))
    st.markdown("\n".join(lines))
    _draw_source(guide_rows(sheet)[0], view)


def draw_uses(sheet: GatewaySheet, view: FactView) -> None:
    """Draws where to use it."""
    texts = {
        "Chat": _("**Chat**: conversations and reasoning."),
        "Código": _("**Code**: generate and review work."),
        "Automação": _("**Automation**: connect the model to back-end tasks."),
    }
    uses = sheet.uses.value or ()
    st.markdown("\n".join(f"- {texts.get(_heading(use), '')} {_quotation(use)}" for use in uses))
    _draw_source(guide_rows(sheet)[1], view)
    st.markdown(view.table(guide_rows(sheet)[3:]))


def _heading(text: str) -> str:
    """The words before the colon."""
    return text.partition(":")[0]


def _quotation(text: str) -> str:
    """What RunAPI's page says, in its language."""
    return aside(f"“{literal(text)}”")


def draw_questions(model: str, sheet: GatewaySheet, view: FactView, *, unfolded: bool) -> None:
    """Draws the questions of RunAPI's page with its answers, which are folded unless `unfolded`."""
    texts = {
        "select a variant by sending its id": (
            _("How is a variant selected?"),
            _("By sending its id, here {id}; nothing else changes.").format(id=code(model)),
        ),
        "pricing is by usage, per call or unit": (
            _("How is it charged?"),
            _("By usage, a call or a unit. Failed generations are not charged, says RunAPI."),
        ),
        "ids stay stable": (_("Do the ids change?"), _("No, ids stay stable.")),
        "streaming is end to end where the model has it": (
            _("Does it stream?"),
            _(
                "Streaming is end to end where the model has it. A stream is complete after its usage and {done}."
            ).format(done=code("[DONE]")),
        ),
        "limits are per key and grow with the tier": (
            _("How many requests may I send?"),
            _("Limits are by key and grow with the usage tier; the numbers are not published."),
        ),
        "quality problems go to the public repository or to support": (
            _("Where do I report a bad answer?"),
            _("In RunAPI's public repository, or to its support."),
        ),
    }
    for entry in sheet.faq.value or ():
        question, answer = texts.get(entry, (published(entry), published(entry)))
        with st.expander(question, unfolded, type="compact"):
            st.markdown(answer)
    _draw_source(guide_rows(sheet)[2], view)


def _draw_source(entry: Row, view: FactView) -> None:
    """Says who says this."""
    st.markdown(aside(view.tag(entry) or _("unknown")))
