"""Writes the JSON Schema of a bundle's parts: `python -m glm_playground.bundles.schema docs/bundle.schema.json`.

It is the schema of one object with every part of the file by its path. Limits that JSON Schema cannot say (sizes,
checksums, which parts there are) stand in docs/bundle.md.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from glm_playground.bundles.parts import MANIFEST, Manifest, RunPart
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def bundle_schema() -> dict[str, Any]:
    """The schema of the object with every part of a bundle by its path."""
    parts: list[tuple[str, Any, TypeAdapter[Any]]] = [
        ("manifest", "validation", TypeAdapter(Manifest)),
        ("part", "validation", TypeAdapter(RunPart)),
        ("run", "validation", TypeAdapter(Run)),
        ("cost", "validation", TypeAdapter(Cost)),
    ]
    references, found = TypeAdapter.json_schemas(parts)
    definitions: dict[str, Any] = found["$defs"]
    fields = definitions["RunPart"]["properties"]
    fields["run"] = references["run", "validation"]
    fields["cost"] = {"anyOf": [references["cost", "validation"], {"type": "null"}], "default": None}
    return {
        "$schema": DIALECT,
        "title": "Parts of a .glmrun file, versions 1 to 4, by their path",
        "type": "object",
        "properties": {MANIFEST: references["manifest", "validation"]},
        "patternProperties": {
            r"^runs/[0-9]{4}\.json$": references["part", "validation"],
            r"^cards/[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*\.json$": {},
        },
        "required": [MANIFEST, "runs/0001.json"],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The file's text."""
    return json.dumps(bundle_schema(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Writes the file that is named, or to stdout; gives the exit status."""
    if arguments:
        Path(arguments[0]).write_text(schema_text(), encoding="utf-8")
    else:
        sys.stdout.write(schema_text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
