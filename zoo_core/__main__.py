"""python -m zoo_core is the command zoo."""

import sys

from zoo_core.cli import main

sys.exit(main())
