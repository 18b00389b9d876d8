"""A saved page of a source is compared with the values that cite it."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.catalog import Catalog, Claim, Fact, ModelCard, ModelFacts, Source, load_catalog
from glm_playground.catalog.__main__ import main
from glm_playground.catalog.recheck import recheck
from glm_playground.catalog.types import Kind

READ = date(2026, 11, 25)


def said(value: Any, quote: str | None = None, kind: Kind = "vendor", unit: str | None = None) -> Fact[Any]:
    claim = Claim[Any](value=value, source="page", read=READ, kind=kind, quote=quote)
    return Fact[Any](value=value, unit=unit, claims=(claim,))


def catalog(**facts: Fact[Any]) -> Catalog:
    source = Source(id="page", publisher="Z.ai", kind="vendor", read=READ)
    card = ModelCard.model_construct(id="glm-x", name="GLM-X", facts=ModelFacts.model_construct(**facts))
    return Catalog(cards=(card,), sources={"page": source})


PAGE = """
# GLM-X

| Model | Input | Output |
| GLM-X | \\$1.4 | \\$4.40 |

| GLM-X-Base | 305B-A30B |

Released **April 7, 2026**, with 355B parameters (32B active), a 200K context and 131,072 tokens of output.
The Model API will be made available upon completion of the
security assessment.
"""


@pytest.mark.parametrize(
    ("fact", "found"),
    [
        (said(200_000), True),
        (said(131_072), True),
        (said(128_000), False),
        (said(20), False),
        (said(Decimal("355"), unit="B"), True),
        (said(Decimal("35"), unit="B"), False),
        (said(Decimal("305"), unit="B"), True),
        (said(Decimal("30"), unit="B"), True),
        (said(Decimal("1.40")), True),
        (said(Decimal("4.4")), False),
        (said(Decimal("4.40")), True),
        (said(date(2026, 4, 7)), True),
        (said(date(2026, 4, 8)), False),
        (said("GLM-X"), True),
        (said("GLM-Y"), False),
        (said(("Input $1.4", "GLM-X")), True),
        (said(("Input $1.4", "GLM-Y")), False),
        (said("not sold yet", quote="upon completion of the security assessment."), True),
        (said("not sold yet", quote="upon completion of the audit"), False),
        (said(True, quote="Model API"), True),
    ],
)
def test_what_a_page_says(fact: Fact[Any], found: bool) -> None:
    result = recheck(catalog(knowledge_cutoff=fact), "page", PAGE)
    assert (len(result.found), len(result.missing)) == (int(found), int(not found))


def test_html_is_read_as_its_text() -> None:
    page = "<!doctype html><html><body><table><tr><td>Context</td><td><b>200</b>,000&nbsp;tokens</td></tr></table>"
    assert not recheck(catalog(context_tokens=said(4_096)), "page", page).found
    page = page.replace("<b>200</b>,000", "200,000")
    assert recheck(catalog(context_tokens=said(200_000)), "page", page).found


def test_what_cannot_be_looked_for_is_told() -> None:
    facts = {"open_weights": said(True), "knowledge_cutoff": said("2025", kind="inferred")}
    result = recheck(catalog(**facts), "page", PAGE)
    assert (result.found, result.missing, len(result.unchecked)) == ((), (), 2)


def test_what_is_told_in_other_words_is_looked_for_by_its_quotation_alone() -> None:
    assert recheck(catalog(availability=said("not sold yet")), "page", PAGE).unchecked
    assert recheck(catalog(availability=said("not sold yet", quote="security assessment")), "page", PAGE).found


def test_other_sources_are_left_alone() -> None:
    assert recheck(catalog(license=said("MIT")), "another", PAGE) == ((), (), ())


@given(page=st.text(max_size=200), value=st.text(min_size=1, max_size=10))
def test_no_page_makes_it_fail(page: str, value: str) -> None:
    result = recheck(catalog(knowledge_cutoff=said(value)), "page", page)
    assert len(result.found) + len(result.missing) == 1


def test_the_command_lists_what_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "license.txt"
    quote = load_catalog()["glm-5.3"].facts.license_conditions.claims[0].quote
    assert quote
    page.write_text(f"2. {quote}. The scope is determined by Z.AI.", encoding="utf-8")
    assert main(["recheck", "hf_53_license", str(page)]) == 0
    assert "1 found, 0 not" in capsys.readouterr().out
    page.write_text(page.read_text(encoding="utf-8").replace("10 billion", "20 billion"), encoding="utf-8")
    assert main(["recheck", "hf_53_license", str(page)]) == 1
    assert 'not found: glm-5.3: facts.license_conditions: quoted "exceeds 10 billion' in capsys.readouterr().out


def test_the_command_refuses_what_it_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recheck", "nobody", str(tmp_path)]) == 1
    assert main(["recheck", "hf_53", str(tmp_path / "gone")]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "nobody: not in sources.toml",
        f"{tmp_path / 'gone'}: cannot be read: No such file or directory",
    ]
