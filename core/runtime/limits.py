"""The limits that a server sets for its learners, from environment variables. The README lists them."""

import os
from dataclasses import dataclass

from core.options import Config, ConfigError, option, options

TOO_LARGE = "the run needs more memory than a worker may have; try a smaller meta-batch"


@dataclass(frozen=True)
class Limits(Config):
    """Limits of a pool of workers; 0 is no limit where a field says so."""

    workers: int = option(0, "training processes; 0 is one a core, at most eight", low=0, high=256)
    helpers: int = option(0, "processes that answer sliders; 0 is one a core, at most four", low=0, high=64)
    queue: int = option(60, "runs that may wait for a worker", low=0, high=10_000)
    updates: int = option(1_000_000, "most outer updates of a run", low=1, high=1_000_000_000)
    seconds: float = option(3600.0, "longest time of a run; 0 is no limit", unit="s", low=0.0, high=864_000.0)
    memory: int = option(4096, "most memory of a worker; 0 is no limit", unit="MB", low=0, high=1_000_000)
    abandoned: float = option(75.0, "time after which a run ends whose page is closed", unit="s", low=0.1, high=3600.0)
    hung: float = option(20.0, "silence after which a worker is replaced", unit="s", low=1.0, high=3600.0)
    runs_owner: int = option(200, "most kept runs of a learner; 0 is no limit", low=0, high=1_000_000)
    runs_owner_mb: int = option(
        200, "most room of a learner's kept runs; 0 is no limit", unit="MB", low=0, high=10_000_000
    )
    runs: int = option(50_000, "most kept runs in all; 0 is no limit", low=0, high=10_000_000)
    runs_mb: int = option(5000, "most room of all kept runs; 0 is no limit", unit="MB", low=0, high=10_000_000)
    runs_days: float = option(
        365.0, "days after which a kept run is removed; 0 is never", unit="days", low=0.0, high=100_000.0
    )

    @property
    def answering(self) -> int:
        """The number of processes that answer questions."""
        return self.helpers or min(os.cpu_count() or 1, 4)

    @property
    def trainers(self) -> int:
        """The number of training processes."""
        return self.workers or min(os.cpu_count() or 1, 8)


def variable(name: str) -> str:
    """Return the environment variable of a limit."""
    return f"META_{name.upper()}"


def from_environment() -> Limits:
    """Return the limits that the environment sets. Raises ConfigError that names the wrong variable."""
    values = {}
    for limit in options(Limits()):
        if text := os.environ.get(variable(limit.name), ""):
            try:
                values[limit.name] = limit.parse(text)
            except ConfigError as error:
                raise ConfigError(f"the environment variable {variable(limit.name)}: {error}") from None
    return Limits(**values)
