"""What changed in the facts: compared, merged, written, read, checked, and served as a feed."""

import shutil
import subprocess
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.catalog import history as history_file
from glm_playground.catalog import load_catalog
from glm_playground.catalog.__main__ import main
from glm_playground.catalog.changes_feed import MOST_ENTRIES, changes_feed
from glm_playground.catalog.history import FactChange, History, compared, digest, history, merged, state, written
from glm_playground.catalog.loader import DATA, read_file

DAY, NEXT = date(2026, 11, 25), date(2026, 11, 26)
BEFORE = {"glm-5.1": {"name": "GLM-5.1", "facts.license": "MIT", "facts.layers": "78"}, "old": {"name": "Old"}}
AFTER = {
    "glm-5.1": {"name": "GLM-5.1", "facts.license": "Apache-2.0", "facts.weights": "zai-org/GLM-5.1"},
    "new": {"name": "New", "facts.license": "MIT"},
}


def test_two_states_differ_by_value_by_what_is_known_and_by_what_is_there() -> None:
    assert compared(BEFORE, AFTER, DAY) == (
        FactChange(day=DAY, about="glm-5.1", fact="facts.license", before="MIT", after="Apache-2.0"),
        FactChange(day=DAY, about="glm-5.1", fact="facts.weights", after="zai-org/GLM-5.1"),
        FactChange(day=DAY, about="glm-5.1", fact="facts.layers", before="78"),
        FactChange(day=DAY, about="new", after="New"),
        FactChange(day=DAY, about="old", before="Old"),
    )
    assert compared(AFTER, AFTER, DAY) == ()


def test_changes_of_one_day_are_one_and_what_was_taken_back_is_none() -> None:
    first = FactChange(day=DAY, about="m", fact="k", before="1", after="2")
    second = FactChange(day=DAY, about="m", fact="k", before="2", after="3")
    assert merged([first], [second]) == (FactChange(day=DAY, about="m", fact="k", before="1", after="3"),)
    assert merged([first], [first]) == (first,)
    assert merged([first], [FactChange(day=DAY, about="m", fact="k", before="2", after="1")]) == ()
    later = second.model_copy(update={"day": NEXT})
    assert merged([first], [later]) == (later, first)


names = st.text(min_size=1, max_size=8).filter(str.strip)
texts = st.none() | names
changes = st.builds(FactChange, day=st.dates(), about=names, fact=texts, before=texts, after=texts).filter(
    lambda change: change.before != change.after
)


@given(found=st.lists(changes, max_size=4))
def test_what_is_written_is_read(found: list[FactChange], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("history") / "history.toml"
    path.write_text(written(History(tuple(found), "d")), encoding="utf-8")
    read, problems = read_file(path, history_file.read_history, {})
    assert problems == ()
    assert read == History(tuple(found), "d")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('digest = "d"\n[[change]]\nday = 2026-11-25\n', "change[0].about"),
        ('digest = "d"\n[[change]]\nabout = "m"\nafter = "x"\n', "change[0].day"),
        ('digest = "d"\n[[change]]\nday = 2026-11-25\nabout = "m"\n', "change[0]"),
        ('digest = "d"\n[[change]]\nday = 2026-11-25\nabout = "m"\nafter = "x"\nby = "me"\n', "change[0].by"),
        ("change = []\n", "digest"),
    ],
)
def test_a_bad_history_is_refused(text: str, key: str, tmp_path: Path) -> None:
    path = tmp_path / "history.toml"
    path.write_text(text, encoding="utf-8")
    _found, problems = read_file(path, history_file.read_history, {})
    assert [problem.key for problem in problems] == [key]
    assert history(path) == History()


def test_the_history_that_comes_with_the_facts_ends_with_them() -> None:
    found, facts = history(), state(load_catalog())
    assert found.digest == digest(facts)
    last: dict[tuple[str, str | None], str | None] = {}
    for change in reversed(found.changes):
        last[change.about, change.fact] = change.after
    for (about, fact), after in last.items():
        if fact is None:
            assert (about in facts) is (after is not None)
        else:
            assert facts[about].get(fact) == after, (about, fact)
    released = [change for change in found.changes if (change.about, change.fact) == ("glm-5-turbo", "facts.release")]
    assert [(change.day, change.before, change.after) for change in released] == [(DAY, "2026-03-16", "2026-03-15")]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of its own with the data, whose history the commands write."""
    data = tmp_path / "repository" / "data"
    shutil.copytree(DATA, data)
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "The facts"],
    ):
        subprocess.run(["git", "-C", str(data.parent), *arguments], check=True)
    monkeypatch.setattr("glm_playground.catalog.earlier.DATA", data)
    monkeypatch.setattr("glm_playground.catalog.__main__.load_catalog", lambda folder=data: load_catalog(folder))
    monkeypatch.setattr("glm_playground.catalog.__main__.DATA", data)
    monkeypatch.setattr(history_file, "FILE", data / "history.toml")
    monkeypatch.setattr(history, "__defaults__", (data / "history.toml",))
    return data


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_editor_changes_a_fact_and_runs_the_command(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = history().changes
    assert main(["check"]) == 0
    edit(checkout / "models" / "glm-5.1.toml", "gpu_memory_fp8 = { value = 893", "gpu_memory_fp8 = { value = 894")
    assert main(["check"]) == 1
    assert "run python -m glm_playground.catalog changes" in capsys.readouterr().out
    assert main(["changes", "--day", "2027-01-02"]) == 0
    assert f"1 change since HEAD, {len(before) + 1} in all" in capsys.readouterr().out
    made = FactChange(
        day=date(2027, 1, 2), about="glm-5.1", fact="facts.gpu_memory_fp8", before="893 GB", after="894 GB"
    )
    assert history().changes == (made, *before)
    assert main(["check"]) == 0
    # Run again, it adds nothing; the fact put back, nothing is left of it.
    assert main(["changes", "--day", "2027-01-02"]) == 0
    assert history().changes == (made, *before)


def test_the_command_refuses_what_would_make_a_false_history(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (checkout / "history.toml").read_text(encoding="utf-8")
    assert main(["changes", "no-such-commit"]) == 1
    assert main(["changes", "--", "--output=x"]) == 1
    edit(checkout / "models" / "glm-5.1.toml", "[facts]", "[facts")
    assert main(["changes"]) == 1
    assert "glm-5.1.toml: -: is not TOML" in capsys.readouterr().out
    assert (checkout / "history.toml").read_text(encoding="utf-8") == text


def test_facts_that_were_committed_without_their_history_ask_for_the_commit_before(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(checkout / "models" / "glm-5.1.toml", "gpu_memory_fp8 = { value = 893", "gpu_memory_fp8 = { value = 894")
    commit = ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qam", "A change"]
    subprocess.run(["git", "-C", str(checkout), *commit], check=True)
    assert main(["changes"]) == 1
    assert "name the commit before the change" in capsys.readouterr().out
    assert main(["changes", "HEAD~1", "--day", "2027-01-02"]) == 0
    assert history().changes[0].after == "894 GB"


ATOM = {"a": "http://www.w3.org/2005/Atom"}


def feed(*found: FactChange, root: str = "https://example.org/glm") -> ElementTree.Element:
    return ElementTree.fromstring(changes_feed(load_catalog(), found, root))


def test_the_feed_has_an_entry_for_each_model_and_day() -> None:
    one = FactChange(day=NEXT, about="glm-5.1", fact="facts.license", before="MIT", after="A & <B>")
    two = FactChange(day=NEXT, about="glm-5.1", fact="facts.layers", after="78")
    added = FactChange(day=DAY, about="glm-5.4", after="GLM-5.4")
    gone = FactChange(day=DAY, about="glm-9", before="GLM-9")
    found = feed(one, two, added, gone)
    titles = [entry.findtext("a:title", None, ATOM) for entry in found.findall("a:entry", ATOM)]
    assert titles == ["GLM-5.1: 2 facts changed", "GLM-5.4 added", "glm-9 taken out"]
    first = found.find("a:entry", ATOM)
    assert first is not None
    assert first.findtext("a:updated", None, ATOM) == found.findtext("a:updated", None, ATOM) == "2026-11-26T00:00:00Z"
    content = first.find("a:content", ATOM)
    assert content is not None
    assert content.attrib["type"] == "html"
    assert "<b>facts.license</b>: A &amp; &lt;B&gt; (before: MIT)" in (content.text or "")
    assert "<b>facts.layers</b>: 78 (before: unknown)" in (content.text or "")
    links = {link.attrib["rel"]: link.attrib["href"] for link in first.findall("a:link", ATOM)}
    assert links["alternate"] == "https://example.org/glm/?id=glm-5.1"


def test_an_entry_keeps_its_id_whatever_else_changes() -> None:
    change = FactChange(day=DAY, about="glm-5.1", fact="facts.layers", after="78")
    later = change.model_copy(update={"day": NEXT})
    ids = [
        [entry.findtext("a:id", None, ATOM) for entry in feed(*found, root=root).findall("a:entry", ATOM)]
        for found, root in (((change,), "https://a.example"), ((later, change), "https://b.example"))
    ]
    assert ids[1][1:] == ids[0]
    assert len({*ids[1]}) == 2


def test_the_feed_of_the_facts_has_all_that_a_feed_must_have() -> None:
    found = feed(*history().changes)
    entries = found.findall("a:entry", ATOM)
    assert 0 < len(entries) <= MOST_ENTRIES
    for element in (found, *entries):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"a:{name}", None, ATOM)
    assert found.findtext("a:author/a:name", None, ATOM)
    assert len({entry.findtext("a:id", None, ATOM) for entry in entries}) == len(entries)
