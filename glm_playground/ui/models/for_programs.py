"""Where other programs find what these pages show."""

from urllib.parse import quote

from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.navigation import app_path


def catalog_links() -> str:
    """Markdown with the addresses of all models."""
    links = (
        _link("models.json", "/api/models.json"),
        _link(_("changed facts (Atom)"), "/api/changes.atom"),
        _link("llms.txt", "/llms.txt"),
    )
    return _("For programs: {links}").format(links=" · ".join(links))


def model_links(model: str) -> str:
    """Markdown with the addresses of one model."""
    links = (_link("JSON", f"/api/models/{quote(model)}.json"), _link("Markdown", f"/models/{quote(model)}.md"))
    return _("For programs: {links}").format(links=" · ".join(links))


def _link(label: str, path: str) -> str:
    return f"[{label}]({app_path()}{path})"
