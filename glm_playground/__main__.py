"""`python -m glm_playground` is `glm-playground`."""

import sys

from glm_playground.cli import main

if __name__ == "__main__":
    sys.exit(main())
