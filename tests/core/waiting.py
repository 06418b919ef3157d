"""What tests of the pool share: a run that never ends, and patience."""

import time

from core.methods.maml.config import MamlConfig
from core.runtime.limits import Limits

LONG = MamlConfig(iterations=1_000_000)
HELPERS = Limits().answering


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)
