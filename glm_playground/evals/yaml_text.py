"""Reads YAML into JSON values, with the line of each, by YAML 1.2's core schema (yaml.org/spec/1.2.2, 10.3).

PyYAML reads YAML 1.1, where `no` is false and `1:30` is 90; here they are texts, as in promptfoo and all other tools
that read suites. Aliases are followed, and counted each time: a file of a few bytes can stand for billions of values.
"""

import re
from typing import Any

import yaml
from pydantic import JsonValue

from glm_playground import bounds
from glm_playground.evals.suite import SuiteError, SuiteProblem

Lines = dict[str, int]
"""By path, such as `tests[0].vars`, the line in the file, from 1."""

_NULL, _BOOL, _INT, _FLOAT, _STR, _MERGE = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "merge")
)

_COLLECTIONS = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")

# libyaml's, which the wheels hold, is ten times as fast.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SafeDumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _CoreLoader(_Loader):  # type: ignore[misc, valid-type]
    """Composes nodes whose plain scalars have the tags of the core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name


for _tag, _pattern, _first in (
    (_NULL, r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    (_BOOL, r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    (_INT, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (_FLOAT, r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    (_MERGE, r"<<", ["<"]),
):
    _CoreLoader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first)


def read_yaml(text: str) -> tuple[JsonValue, Lines]:
    """The value of the one document in `text`.

    Raises:
        SuiteError: it is no YAML, has a key twice, or holds more than a suite may.
    """
    try:
        node = yaml.compose(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # At the end of the file the mark is below its last line.
        line = min(mark.line + 1, len(text.splitlines())) if mark else None
        raise SuiteError(SuiteProblem("", f"not YAML: {error.problem}", line)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SuiteError(
            SuiteProblem("", f"not YAML: {str(error).splitlines()[0] if str(error) else 'too deep'}")
        ) from None
    if node is None:
        return None, {}
    reader = _Reader()
    return reader.value(node, "", 0), reader.lines


class _Reader:
    def __init__(self) -> None:
        self.lines: Lines = {}
        self._left = bounds.SUITE_VALUES

    def value(self, node: yaml.Node, path: str, depth: int) -> JsonValue:
        line = node.start_mark.line + 1 if node.start_mark else None
        self._left -= 1
        if self._left < 0:
            raise SuiteError(SuiteProblem(path, f"more than {bounds.SUITE_VALUES:,} values", line))
        if depth > bounds.JSON_DEPTH:
            raise SuiteError(SuiteProblem(path, f"nested deeper than {bounds.JSON_DEPTH}", line))
        if line:
            self.lines[path] = line
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, path, line)
        if node.tag not in _COLLECTIONS:
            raise SuiteError(SuiteProblem(path, f"the tag {node.tag!r} is not supported", line))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(one, f"{path}[{index}]", depth + 1) for index, one in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, path, depth)

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        merged: dict[str, JsonValue] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise SuiteError(SuiteProblem(path, "a key is a text", line))
            if key.tag == _MERGE:
                for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    under = self.value(one, path, depth + 1)
                    if not isinstance(under, dict):
                        raise SuiteError(SuiteProblem(path, "<< takes keys and values", line))
                    merged = under | merged
                continue
            if key.value in found:
                raise SuiteError(SuiteProblem(path, f"the key {key.value!r} stands twice", line))
            found[key.value] = self.value(value, f"{path}.{key.value}" if path else key.value, depth + 1)
        return merged | found


def _scalar(node: yaml.ScalarNode, path: str, line: int | None) -> JsonValue:
    text: str = node.value
    if node.tag == _STR:
        return text
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL:
        return text.lower() == "true"
    try:
        if node.tag == _INT:
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        if node.tag == _FLOAT:
            return float(text)
    except ValueError:
        raise SuiteError(SuiteProblem(path, f"{text[:40]!r} is no number", line)) from None
    raise SuiteError(SuiteProblem(path, f"the tag {node.tag!r} is not supported", line))


def write_yaml(value: Any) -> str:
    """`value` as YAML that `read_yaml` and readers of YAML 1.1 read the same; long texts as blocks."""
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    return text


class _Dumper(_SafeDumper):  # type: ignore[misc, valid-type]
    """Quotes what either version of YAML would not read as a text."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    block = "\n" in text and all(line == line.rstrip() for line in text.split("\n"))
    return dumper.represent_scalar(_STR, text, style="|" if block else None)


_Dumper.add_representer(str, _text)
# What YAML 1.2's core schema takes for a number and 1.1 does not, such as `1e3`.
_Dumper.add_implicit_resolver(_FLOAT, re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"), None)
_Dumper.add_implicit_resolver(_INT, re.compile(r"^0o[0-7]+$"), ["0"])
