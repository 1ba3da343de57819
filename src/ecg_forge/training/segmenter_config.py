"""What can be set about training a segmenter; importable without torch, checked before anything runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.registry import SEGMENTER_SIDE, check_segmenter
from ecg_forge.training.config import PRECISIONS

_SECTION = "paper_ecg.segmenter"


@dataclass(frozen=True)
class SegmenterConfig:
    """How the network that finds lines and traces in photographs is built and trained.

    Attributes:
        model: one of `ecg_forge.models.registry.SEGMENTERS`.
        width: channels at full resolution.
        layouts: names in ``paper_ecg.sheet.layouts``; each photograph shows one, all equally often.
        strengths: names in ``paper_ecg.photograph.strengths``, likewise.
        tile: side of the squares that are cut from photographs, in pixels.
        photographs: from which the tiles of a step are cut, equally many from each.
        steps_per_photograph: steps in a row that cut from the same photographs; taking one costs more than a step.
        batch_size: tiles in a step.
        epochs, steps_per_epoch: length of the training.
        learning_rate: at its peak.
        weight_decay: of AdamW.
        gradient_clip: largest gradient norm.
        validation_photographs: of validation records, from each of which as many tiles are cut, the same each epoch.
        precision: of computation.
        seed: of weights, photographs and tiles.
        workers: processes that take photographs; 0 takes them in the training process. Each worker takes its own, so
            with workers ``steps_per_photograph`` should be 1.

    Raises:
        BadInput: a value is impossible; the message names it.
    """

    model: str
    width: int
    layouts: Sequence[str]
    strengths: Sequence[str]
    tile: int
    photographs: int
    steps_per_photograph: int
    batch_size: int
    epochs: int
    steps_per_epoch: int
    learning_rate: float
    weight_decay: float
    gradient_clip: float
    validation_photographs: int
    precision: str
    seed: int
    workers: int

    def __post_init__(self) -> None:
        check_segmenter(self.model)
        whole = ("width", "photographs", "steps_per_photograph", "batch_size", "epochs", "steps_per_epoch")
        for name, least in (*((name, 1) for name in whole), ("validation_photographs", 1), ("seed", 0), ("workers", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise BadInput(f"{_SECTION}.{name} is {value!r}; give a whole number from {least}")
        if self.tile < SEGMENTER_SIDE or self.tile % SEGMENTER_SIDE:
            raise BadInput(f"{_SECTION}.tile is {self.tile}; give a multiple of {SEGMENTER_SIDE}")
        if self.batch_size % self.photographs:
            raise BadInput(f"{_SECTION}.batch_size is {self.batch_size}; give a multiple of photographs")
        for name in ("learning_rate", "gradient_clip"):
            if not getattr(self, name) > 0:
                raise BadInput(f"{_SECTION}.{name} is {getattr(self, name)!r}; give a number above 0")
        if not self.weight_decay >= 0:
            raise BadInput(f"{_SECTION}.weight_decay is {self.weight_decay!r}; give 0 or a number above it")
        for name in ("layouts", "strengths"):
            if not getattr(self, name):
                raise BadInput(f"{_SECTION}.{name} is empty; name at least one")
        if self.precision not in PRECISIONS:
            raise BadInput(f"{_SECTION}.precision is {self.precision!r}; give one of {', '.join(PRECISIONS)}")
