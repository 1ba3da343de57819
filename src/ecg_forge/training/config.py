"""What can be set about training and generating; importable without torch, checked before anything runs."""

from dataclasses import dataclass

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_task
from ecg_forge.models.registry import check_classifier, check_denoiser

PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")
"""Lightning's names; ``auto`` is bf16-mixed where the device computes with it natively, else 32-true."""
AGGREGATIONS = ("max", "mean")


def _positive(config: object, prefix: str, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise BadInput(f"{prefix}.{name} is {value!r}; give a number above 0")


def _check_precision(precision: str, prefix: str) -> None:
    if precision not in PRECISIONS:
        raise BadInput(f"{prefix}.precision is {precision!r}; give one of {', '.join(PRECISIONS)}")


@dataclass(frozen=True)
class ClassifierConfig:
    """One classifier and its training; every arm is trained with the same one.

    An epoch is ``steps_per_epoch`` batches, whatever the number of training records, so that all arms take equally
    many optimiser steps.

    Attributes:
        model: name in `ecg_forge.models.registry.CLASSIFIERS`.
        task: one of the six label tasks.
        epochs, steps_per_epoch, batch_size: length of the training.
        learning_rate: peak of the one-cycle schedule.
        weight_decay: of AdamW.
        crop_s: length of the random training crop and of the sliding test window, in seconds.
        stride_s: step of the sliding test window, in seconds.
        aggregate: how the windows' probabilities become the record's: max (as in the benchmark) or mean.
        precision: one of `PRECISIONS`.
        seed: of weights, order, crops and dropout.
        workers: processes that read batches; 0 reads in the training process.
    """

    model: str
    task: str
    epochs: int
    steps_per_epoch: int
    batch_size: int = 128
    learning_rate: float = 0.01
    weight_decay: float = 0.01
    crop_s: float = 2.5
    stride_s: float = 1.25
    aggregate: str = "max"
    precision: str = "auto"
    seed: int = 0
    workers: int = 0

    def __post_init__(self) -> None:
        check_classifier(self.model)
        check_task(self.task)
        _positive(self, "classifier", "epochs", "steps_per_epoch", "batch_size", "learning_rate", "crop_s", "stride_s")
        _check_precision(self.precision, "classifier")
        if self.aggregate not in AGGREGATIONS:
            raise BadInput(f"classifier.aggregate is {self.aggregate!r}; give one of {', '.join(AGGREGATIONS)}")


@dataclass(frozen=True)
class DenoiserConfig:
    """One denoiser and its training.

    Attributes:
        model: name in `ecg_forge.models.registry.DENOISERS`.
        epochs, steps_per_epoch, batch_size: length of the training.
        learning_rate: peak; linear warm-up over ``warmup_steps``, then cosine to 0.
        ema_decay: of the weights that are kept.
        p_mean, p_std: mean and standard deviation of the log noise level in training (EDM, Karras et al. 2022).
        drop_condition: probability of hiding a condition in training, for classifier-free guidance.
        gradient_clip: largest gradient norm.
        precision, seed, workers: as for the classifier.
    """

    model: str
    epochs: int
    steps_per_epoch: int
    batch_size: int = 32
    learning_rate: float = 0.001
    warmup_steps: int = 100
    weight_decay: float = 0.0
    ema_decay: float = 0.999
    p_mean: float = -1.2
    p_std: float = 1.2
    drop_condition: float = 0.1
    gradient_clip: float = 1.0
    precision: str = "auto"
    seed: int = 0
    workers: int = 0

    def __post_init__(self) -> None:
        check_denoiser(self.model)
        _positive(
            self,
            "denoiser",
            *("epochs", "steps_per_epoch", "batch_size", "learning_rate", "warmup_steps", "p_std", "gradient_clip"),
        )
        _check_precision(self.precision, "denoiser")
        if not 0 < self.ema_decay < 1:
            raise BadInput(f"denoiser.ema_decay is {self.ema_decay}; give a number between 0 and 1")
        if not 0 <= self.drop_condition < 1:
            raise BadInput(f"denoiser.drop_condition is {self.drop_condition}; give a probability below 1")


@dataclass(frozen=True)
class GuidanceConfig:
    """How strongly sampling is pushed towards the statements.

    Attributes:
        scale: 1 follows the condition as learned and costs one evaluation a step, other scales two.
        sigma_low, sigma_high: noise levels between which the push applies.
        batch_size: records sampled at a time; the signals do not depend on it.
    """

    scale: float = 1.0
    sigma_low: float = 0.0
    sigma_high: float = 1000.0
    batch_size: int = 32

    def __post_init__(self) -> None:
        if self.scale < 0 or not 0 <= self.sigma_low < self.sigma_high:
            raise BadInput(
                f"synthesis.guidance needs scale >= 0 and 0 <= sigma_low < sigma_high, "
                f"got {self.scale}, {self.sigma_low}, {self.sigma_high}"
            )
        if self.batch_size < 1:
            raise BadInput(f"synthesis.guidance.batch_size is {self.batch_size}; give a number above 0")
