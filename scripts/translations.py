"""Brings the catalogues of translations up to date with the code and with the catalogue of models.

    uv run python scripts/translations.py

What is new stands there without a translation, what is used no more is removed; it prints how many lack one.
"""

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from glm_playground.catalog import load_catalog
from glm_playground.catalog.explanations import explanations
from glm_playground.reports.public_words import PublicWords
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sentences import sentences

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "glm_playground" / "locale"


def template() -> Catalog:
    """Every string a user sees."""
    found = Catalog()
    for folder in ("glm_playground", "pages"):
        for _name, _line, message, _comments, _context in extract_from_dir(str(ROOT / folder)):
            found.add(message)
    # What this project wrote into the data files is shown in the reader's language too.
    for text in explanations(load_catalog()):
        found.add(text)
    # So is what reports say, which stands there in English.
    for text in (*sentences(ReportWords()), *sentences(PublicWords())):
        found.add(text)
    return found


def main() -> None:
    """Updates each language."""
    wanted = template()
    for path in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        catalogue.update(wanted, no_fuzzy_matching=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, omit_header=True, sort_output=True, ignore_obsolete=True)
        left = sum(1 for message in catalogue if message.id and not _is_translated(message))
        print(f"{path.relative_to(ROOT)}: {left} without a translation")


def _is_translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, list | tuple) else [message.string]
    return bool(texts) and all(texts)


if __name__ == "__main__":
    main()
