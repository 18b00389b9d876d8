"""The starter suite: 30 cases of chat, code and automation whose checks need no judge, in two languages."""

from importlib import resources

LANGUAGES = ("en", "pt")


def starter_text(language: str) -> str:
    """The suite as a configuration of promptfoo, in YAML (`suite_file.open_suite` opens it).

    Args:
        language: one of `LANGUAGES`.
    """
    assert language in LANGUAGES
    return (resources.files(__package__) / "data" / f"starter.{language}.yaml").read_text(encoding="utf-8")
