"""Says in the page which language it is in, for screen readers, hyphenation and translators.

The first page says the language that the browser asks for. Who chooses another is followed by a script, since only a
script can change the document; the policy names each by its hash.
"""


def _tag(language: str) -> str:
    return language.replace("_", "-")


SCRIPTS = {language: f'document.documentElement.lang="{_tag(language)}"' for language in ("en", "pt_BR")}
"""What says a language, by its name in `ui.shared.i18n`."""


def html_tag(language: str) -> str:
    """The start tag of a document in the language."""
    return f'<html lang="{_tag(language)}">'
