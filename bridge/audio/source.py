"""What the mixer can play beside the takes of pads: anything that hands over samples block by block."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Shape (channels, frames), full scale -1 to 1."""

CHANNELS = 2
"""Of the mixer and of every player: left and right."""


class Source(Protocol):
    """An endless or long sound, such as the live stream. The mixer reads it ahead of what is heard, once and in order.

    It is read in the mixer's own thread, a block at a time: `read` has to return at once, from samples that are there.
    What is not there yet is the source's own business, which knows best how to go on without it.
    """

    def read(self, frames: int) -> Samples:
        """The next samples: float32 of shape (1 or 2, frames), at the mixer's rate. Fewer frames say that the source
        has ended: it is read no more."""
        ...
