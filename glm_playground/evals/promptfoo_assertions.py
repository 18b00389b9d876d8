"""Assertions of promptfoo as checks."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue, ValidationError

from glm_playground.evals.check_fault import fault_of
from glm_playground.evals.promptfoo_unsupported import Unsupported
from glm_playground.evals.promptfoo_values import has_template, listed, mapping
from glm_playground.evals.promptfoo_written import CONFIG, OURS
from glm_playground.evals.suite import LISTED, Check, CheckKind

CHANGES_OUTPUT = {"transform", "postprocess"}
"""What promptfoo runs before it checks: code of the configuration, which is not run."""
_ASSERTION = {"type", "value", "threshold", "metric", "weight", "config"}


class Assertions:
    """Reads the assertions of a configuration.

    Args:
        templates: those that a `$ref` may stand for, by name.
        unsupported: notes what is left out.
    """

    def __init__(self, templates: Mapping[str, JsonValue], unsupported: Unsupported) -> None:
        self._templates, self._unsupported = templates, unsupported

    def checks(self, value: JsonValue, path: str) -> Iterator[Check]:
        """Those that `assert` lists."""
        for index, one in enumerate(listed(value)):
            where = f"{path}[{index}]"
            if isinstance(one, dict) and isinstance(reference := one.get("$ref"), str):
                one = self._templates.get(reference.rpartition("/")[2])  # noqa: PLW2901 - stands for it
            if check := self._check(one, where):
                yield check

    def _check(self, value: JsonValue, path: str) -> Check | None:
        if not isinstance(value, dict) or not isinstance(name := value.get("type"), str):
            self._unsupported.note(path, "an assertion has a type")
            return None
        if changed := value.keys() & CHANGES_OUTPUT:
            self._unsupported.note(path, f"the check {name!r} is left out: its {sorted(changed)[0]} is not run")
            return None
        for key in value.keys() - _ASSERTION:
            self._unsupported.note(path, f"{key} of an assertion is not supported")
        if (weight := value.get("weight")) not in (None, 1, 1.0):
            self._unsupported.note(path, f"the weight {weight} is not supported: a case passes where all its checks do")
        ours = mapping(value.get("config")).get(CONFIG)
        try:
            if isinstance(ours, dict):
                check = Check.model_validate(ours)
                if fault := fault_of(check):
                    raise self._unsupported.error(path, fault)
                return check
            kind = CheckKind(name.removeprefix("not-"))
            if kind in OURS:
                raise ValueError(kind)
        except ValidationError:
            self._unsupported.note(path, f"config.{CONFIG} is no check")
            return None
        except ValueError:
            self._unsupported.note(path, f"the check {name!r} is not supported")
            return None
        check = Check.model_validate(
            {
                "kind": kind,
                "value": listed(value.get("value")) if kind in LISTED else value.get("value"),
                "negated": name.startswith("not-"),
                "threshold": value.get("threshold"),
                "metric": metric if isinstance(metric := value.get("metric"), str) else "",
            }
        )
        if fault := fault_of(check):
            raise self._unsupported.error(path, fault)
        if any(isinstance(one, str) and has_template(one) for one in listed(check.value)):
            self._unsupported.note(
                path, f"the check {name!r} is left out: only {{{{name}}}} is filled in, no filter or statement"
            )
            return None
        return check
