"""How a process starts in Lambda. A handler imports this first, and calls `get_ready` last.

Next to nothing of what imports make is garbage, but the collector looks through all of it again and again:
an eighth of the sync's start. So it rests until the function is ready, and passes over what is there by then.
"""

import gc
import os
from collections.abc import Callable

_IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ

if _IN_LAMBDA:
    gc.disable()


def get_ready(make: Callable[[], object]) -> None:
    """Make the function's parts, in Lambda: no one waits yet, and the process has a whole processor."""
    if _IN_LAMBDA:
        make()
        gc.freeze()
        gc.enable()
