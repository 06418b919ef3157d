"""What a job of a learner's file may use, and how it ended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What a job may use: processor time and time in seconds, memory in MB, results and prints in bytes."""

    cpu: int
    seconds: float
    megabytes: int
    results: int = 4 * 2**20
    prints: int = 64 * 1024


@dataclass(frozen=True)
class Ending:
    """How a job ended. reason: "" by itself, else "seconds", "prints", "results", "stopped"; signal: that ended it, or
    0; output: what it printed.
    """

    reason: str
    signal: int
    output: str
