"""A bundle of runs as things stand now: with the cards of their models and the versions of what recorded them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from glm_playground.bundles.bundle import Bundle, RecordedRun
from glm_playground.catalog import load_catalog

_PACKAGES = ("glm-playground", "streamlit", "httpx", "pydantic")


def snapshot(runs: Sequence[RecordedRun], title: str, note: str = "") -> Bundle:
    """The bundle of `runs`, made now."""
    catalog = load_catalog()
    models = dict.fromkeys(one.run.request.model for one in runs)
    cards = {
        model: card.model_dump(mode="json", exclude_defaults=True) for model in models if (card := catalog.get(model))
    }
    return Bundle(
        title=title, created_at=datetime.now(UTC), runs=tuple(runs), cards=cards, versions=_versions(), note=note
    )


@cache
def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
