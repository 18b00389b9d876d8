"""The sources of a document, in its language."""

from glm_playground.catalog import load_catalog
from glm_playground.ui.shared.facts.cited import Cited
from glm_playground.ui.shared.i18n import in_language


def test_a_source_of_this_project_is_named_in_the_readers_language() -> None:
    catalog = load_catalog()
    own = {id for id, source in catalog.sources.items() if source.publisher == "this project"}
    facts = [fact for card in catalog.cards for _name, fact in card.all_facts() if fact.source in own]
    assert facts
    cited = Cited(catalog.sources)
    cited.numbers(facts)
    for language, name in (("en", "this project"), ("pt_BR", "este projeto")):
        [line] = in_language(language, cited.lines)
        assert line.text.startswith(f"{name}; ")
