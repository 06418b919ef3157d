"""`python -m core runs`: what whoever runs a server does with the file of kept runs."""

import argparse
from pathlib import Path

from core.commands.failing import failed
from core.options import ConfigError
from core.storage import run_store
from core.storage.run_store import RunStoreError

ACTIONS = {
    "backup": "write a consistent copy of the file of kept runs to FILE, while the server runs",
    "expire": "remove the runs that are older than META_RUNS_DAYS now; the server does so whenever it keeps a run",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("action", metavar="ACTION", help="; ".join(f"{name}: {text}" for name, text in ACTIONS.items()))
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="where the copy goes; it must not exist yet")


def runs(parsed: argparse.Namespace) -> int:
    """Carry out an action of ACTIONS; returns the exit status. Raises ConfigError."""
    if parsed.action not in ACTIONS:
        raise ConfigError(f"unknown action {parsed.action!r}: allowed are {', '.join(ACTIONS)}")
    if (parsed.file is None) == (parsed.action == "backup"):
        raise ConfigError("backup needs a file to write to" if parsed.action == "backup" else "expire takes no file")
    try:
        if parsed.action == "backup":
            run_store.back_up(parsed.file)
            print(f"wrote {parsed.file}; to restore it, stop the server and put it in place of {run_store.file()}")
        else:
            print(f"removed {run_store.remove_old()} runs")
    except RunStoreError as error:
        return failed(str(error))
    return 0
