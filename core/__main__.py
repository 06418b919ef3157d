"""The command line: `python -m core --help`."""

import sys

from core.runtime.machine import check

check()  # before anything is imported that this Python may not have

from core.commands.main import main  # noqa: E402

sys.exit(main())
