"""The error of a picture that cannot be read."""

from ecg_forge.ecg.errors import BadInput


class Unreadable(BadInput):
    """A picture from which no ECG can be read; the message begins with the step that failed.

    Attributes:
        step: ``grid``, ``page``, ``calibration`` or ``trace``.
    """

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
