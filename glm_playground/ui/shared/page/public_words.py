"""The words of the pages that anybody may open, in one of our languages."""

from functools import cache

from glm_playground.reports.public_words import PublicWords
from glm_playground.reports.sentences import said
from glm_playground.translations import LANGUAGES
from glm_playground.ui.shared.i18n import _, speaking


@cache
def public_words(language: str) -> PublicWords:
    """Each label and sentence; in English for a language that we do not have."""
    spoken = language if language in LANGUAGES else "en"
    with speaking(spoken):
        return said(PublicWords(), _, language=spoken.replace("_", "-"))
