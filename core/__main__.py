"""The command line: `python -m core --help`."""

import sys

from core.commands.main import main

sys.exit(main())
