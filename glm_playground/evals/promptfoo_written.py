"""A suite as a configuration of promptfoo, which `promptfoo` opens as it was."""

import json
from typing import Any

from glm_playground.evals.promptfoo_files import (
    written_labels,
    written_metadata,
    written_prompts,
    written_variables,
)
from glm_playground.evals.promptfoo_python import assertion_code
from glm_playground.evals.suite import Case, Check, CheckKind, Suite
from glm_playground.evals.yaml_text import write_yaml

CONFIG = "glm-playground"
"""The key in an assertion's `config` under which our own check stands."""
OURS = (CheckKind.NUMERIC, CheckKind.TOOL_CALLED, CheckKind.PYTHON_TESTS)
"""The checks that promptfoo does not have."""


def write_promptfoo(suite: Suite) -> str:
    """The suite as a configuration, in YAML; `read_promptfoo` opens it as it was."""
    prompts = written_prompts(suite)
    return write_yaml(
        {
            "description": suite.name,
            "prompts": prompts.rows,
            "tests": [_test(case, suite, several=prompts.several) for case in suite.cases],
        }
    )


def _test(case: Case, suite: Suite, *, several: bool) -> dict[str, Any]:
    metadata: dict[str, Any] = {"id": case.id} | ({"tags": list(case.tags)} if case.tags else {})
    metadata |= {"attachments": written_metadata(case)} if case.attachments else {}
    labels = written_labels(case, suite) if several else list(case.prompts)
    return {
        **({"description": case.description} if case.description else {}),
        "metadata": metadata,
        "vars": case.variables | written_variables(case, suite.prompts),
        **({"options": {"tools": list(case.tools)}} if case.tools else {}),
        **({"prompts": labels} if labels else {}),
        "assert": [assertion(check) for check in case.checks],
    }


def assertion(check: Check) -> dict[str, Any]:
    """A check as an assertion of promptfoo's."""
    found: dict[str, Any] = {"type": check.name}
    if check.kind in OURS:
        language, code = _code(check)
        found = {"type": language, "value": code, "config": {CONFIG: check.model_dump(exclude_defaults=True)}}
        found["config"][CONFIG]["kind"] = check.kind.value
    elif check.value is not None:
        found["value"] = check.value
    if check.threshold is not None and check.kind not in OURS:
        found["threshold"] = check.threshold
    return found | ({"metric": check.metric} if check.metric else {})


def _code(check: Check) -> tuple[str, str]:
    """What promptfoo runs for a check that it does not have: its language and the code."""
    sign = "!" if check.negated else ""
    if check.kind is CheckKind.NUMERIC:
        number = r"(output.match(/[-+]?\d[\d,]*\.?\d*(?:[eE][-+]?\d+)?/g) || []).pop()"
        within = f"Math.abs(parseFloat(({number} || 'x').replace(/,/g, '')) - ({check.value})) <= {check.tolerance}"
        return "javascript", f"{sign}({within})"
    if check.kind is CheckKind.TOOL_CALLED:
        name = json.dumps(check.value.get("name") if isinstance(check.value, dict) else None)
        return "javascript", f"{sign}(JSON.stringify(output).includes({name}))"
    return "python", assertion_code(str(check.value), negated=check.negated)
