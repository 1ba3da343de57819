"""What can be set about training and generating; importable without torch, checked before anything runs."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from typing import Any

from ecg_forge.diffusion.config import DdpmConfig, EdmConfig, check_weighting, process_config
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_task
from ecg_forge.ecg.leads import LEADS, canonical_lead
from ecg_forge.models.registry import check_classifier, check_denoiser

PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")
"""Lightning's names; ``auto`` is bf16-mixed where the device computes with it natively, else 32-true."""
AGGREGATIONS = ("max", "mean")
SAMPLINGS = ("shuffled", "balanced")
CLASS_WEIGHTS = ("none", "balanced")
SCHEDULES = ("one_cycle", "plateau")
WIDEST_AVERAGE = 0.288
"""Relative width of the plain mean of all steps, 1/√12; a power-function average must be narrower."""


def _positive(config: object, prefix: str, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise BadInput(f"{prefix}.{name} is {value!r}; give a number above 0")


def _not_negative(config: object, prefix: str, name: str) -> None:
    value = getattr(config, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise BadInput(f"{prefix}.{name} is {value!r}; give 0 or a number above it")


def _one_of(config: object, prefix: str, name: str, known: tuple[str, ...]) -> None:
    if getattr(config, name) not in known:
        raise BadInput(f"{prefix}.{name} is {getattr(config, name)!r}; give one of {', '.join(known)}")


def _given(config: object, *names: str) -> list[str]:
    return [name for name in names if getattr(config, name) is not None]


def _nested(config: object, prefix: str, **kinds: type) -> None:
    """Turn sections that arrive as mappings, as YAML and saved weights give them, into their dataclasses."""
    for name, kind in kinds.items():
        section = getattr(config, name)
        if isinstance(section, Mapping):
            try:
                object.__setattr__(config, name, kind(**section))  # the way round `frozen` inside __post_init__
            except TypeError as error:
                raise BadInput(f"{prefix}.{name}: {error}") from error


def _check_precision(precision: str, prefix: str) -> None:
    if precision not in PRECISIONS:
        raise BadInput(f"{prefix}.precision is {precision!r}; give one of {', '.join(PRECISIONS)}")


@dataclass(frozen=True)
class AugmentationConfig:
    """Random changes to training signals; the default changes nothing.

    Attributes:
        probability: of each kind of change to hit a record.
        amplitude: largest relative change of the amplitude of a record.
        noise_mv: standard deviation of added white noise.
        wander_mv: largest amplitude of an added baseline wander of 0.05 to 0.5 Hz.
        shift_s: largest shift in time, in seconds.
        lead_dropout: probability of a lead of a changed record to be set to 0.
        mixup: α of mixup; 0 mixes nothing.
    """

    probability: float = 0.5
    amplitude: float = 0.0
    noise_mv: float = 0.0
    wander_mv: float = 0.0
    shift_s: float = 0.0
    lead_dropout: float = 0.0
    mixup: float = 0.0

    def __post_init__(self) -> None:
        for name in ("amplitude", "noise_mv", "wander_mv", "shift_s", "mixup"):
            _not_negative(self, "classifier.augmentation", name)
        for name in ("probability", "lead_dropout"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadInput(f"classifier.augmentation.{name} is {getattr(self, name)}; give a probability")


@dataclass(frozen=True)
class PreparationConfig:
    """What is done to every signal before the network hears it; the default changes nothing.

    Attributes:
        low_hz: lower edge of a zero-phase band-pass, where it halves the amplitude; null leaves that side open.
        high_hz: its upper edge, in the same way.
        order: of the Butterworth filter that it has the shape of, as run forwards and backwards.
        clip_sd: after the filter, the largest distance from the training mean, in training sd; null clips nothing.
    """

    low_hz: float | None = None
    high_hz: float | None = None
    order: int = 4
    clip_sd: float | None = None

    def __post_init__(self) -> None:
        _positive(self, "classifier.preparation", *_given(self, "low_hz", "high_hz", "clip_sd"))
        if isinstance(self.order, bool) or not isinstance(self.order, int) or self.order < 1:
            raise BadInput(f"classifier.preparation.order is {self.order!r}; give a whole number above 0")
        if self.low_hz is not None and self.high_hz is not None and self.low_hz >= self.high_hz:
            raise BadInput(
                f"classifier.preparation passes from {self.low_hz} to {self.high_hz} Hz; give a low_hz below high_hz"
            )

    def check_rate(self, fs: int) -> None:
        """Raise BadInput unless the edges lie below the Nyquist frequency of signals of ``fs`` Hz."""
        for name in _given(self, "low_hz", "high_hz"):
            if getattr(self, name) >= fs / 2:
                raise BadInput(
                    f"classifier.preparation.{name} is {getattr(self, name)}; at {fs} Hz give a frequency below "
                    f"{fs / 2:g}, or null"
                )


@dataclass(frozen=True)
class LossConfig:
    """What a classifier is trained to make small; the default is binary cross-entropy.

    Attributes:
        focal_gamma: γ of the focal loss; 0 is cross-entropy.
        focal_alpha: α of the focal loss: positives count α times and negatives 1 − α times; null weighs neither.
        class_weights: ``none``, or ``balanced``: positives of a label count negatives over positives times.
        label_smoothing: how far targets move from 0 and 1 towards one half.
    """

    focal_gamma: float = 0.0
    focal_alpha: float | None = None
    class_weights: str = "none"
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        _not_negative(self, "classifier.loss", "focal_gamma")
        if self.focal_alpha is not None and not 0 < self.focal_alpha < 1:
            raise BadInput(f"classifier.loss.focal_alpha is {self.focal_alpha}; give a number between 0 and 1, or null")
        _one_of(self, "classifier.loss", "class_weights", CLASS_WEIGHTS)
        if not 0 <= self.label_smoothing < 1:
            raise BadInput(f"classifier.loss.label_smoothing is {self.label_smoothing}; give a number below 1")


@dataclass(frozen=True)
class ClassifierConfig:
    """One classifier and its training; every arm is trained with the same one.

    An epoch is ``steps_per_epoch`` batches, whatever the number of training records, so that all arms take equally
    many optimiser steps. The weights kept are those with the highest macro AUC on validation.

    Attributes:
        model: name in `ecg_forge.models.registry.CLASSIFIERS`.
        task: one of the six label tasks.
        epochs: length of the training.
        steps_per_epoch: batches in an epoch.
        batch_size: records in a batch.
        learning_rate: peak of one cycle, or where the plateau schedule begins.
        schedule: ``one_cycle`` over all steps, or ``plateau``: multiplied by ``plateau_factor`` whenever
            ``plateau_patience`` validations have passed without a better macro AUC.
        plateau_factor: see there.
        plateau_patience: see there.
        weight_decay: of AdamW.
        gradient_clip: largest gradient norm; null for no clipping.
        ema_decay: of averaged weights, which are then the ones validated and kept; null for none.
        validate_every: epochs from one validation to the next.
        patience: validations without a better macro AUC after which training stops; null never stops early.
        crop_s: length of the random training crop and of the sliding test window, in seconds.
        stride_s: step of the sliding test window, in seconds.
        aggregate: how the windows' probabilities become the record's: max (as in the benchmark) or mean.
        leads: those the classifier hears, by name and in order; null hears all twelve.
        metadata: whether the classifier is told age and sex too.
        sampling: ``shuffled`` sees every row equally often, ``balanced`` rows of rare labels more often.
        loss: what is made small.
        preparation: of every signal, in training and in scoring.
        augmentation: random changes, in training only.
        precision: one of `PRECISIONS`.
        seed: of weights, order, crops, augmentation and dropout.
        workers: processes that read batches; 0 reads in the training process.
    """

    model: str
    task: str
    epochs: int
    steps_per_epoch: int
    batch_size: int = 128
    learning_rate: float = 0.01
    schedule: str = "one_cycle"
    plateau_factor: float = 0.5
    plateau_patience: int = 3
    weight_decay: float = 0.01
    gradient_clip: float | None = None
    ema_decay: float | None = None
    validate_every: int = 1
    patience: int | None = None
    crop_s: float = 2.5
    stride_s: float = 1.25
    aggregate: str = "max"
    leads: tuple[str, ...] | None = None
    metadata: bool = False
    sampling: str = "shuffled"
    loss: LossConfig = LossConfig()
    preparation: PreparationConfig = PreparationConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    precision: str = "auto"
    seed: int = 0
    workers: int = 0

    def __post_init__(self) -> None:
        check_classifier(self.model)
        check_task(self.task)
        _positive(self, "classifier", "epochs", "steps_per_epoch", "batch_size", "learning_rate", "crop_s", "stride_s")
        _positive(self, "classifier", "validate_every", "plateau_patience", *_given(self, "gradient_clip", "patience"))
        _check_precision(self.precision, "classifier")
        _one_of(self, "classifier", "aggregate", AGGREGATIONS)
        _one_of(self, "classifier", "sampling", SAMPLINGS)
        _one_of(self, "classifier", "schedule", SCHEDULES)
        _nested(self, "classifier", loss=LossConfig, augmentation=AugmentationConfig, preparation=PreparationConfig)
        if self.leads is not None:
            object.__setattr__(self, "leads", _lead_names(self.leads))  # the way round `frozen`, as above
        if not 0 < self.plateau_factor < 1:
            raise BadInput(f"classifier.plateau_factor is {self.plateau_factor}; give a number between 0 and 1")
        if self.ema_decay is not None and not 0 < self.ema_decay < 1:
            raise BadInput(f"classifier.ema_decay is {self.ema_decay}; give a number between 0 and 1, or null")
        if self.epochs % self.validate_every:
            raise BadInput(
                f"classifier.epochs is {self.epochs} and validate_every {self.validate_every}; "
                "the last epoch must be validated, so choose epochs as a multiple"
            )

    @property
    def heard_leads(self) -> tuple[str, ...]:
        """Names of the leads the classifier hears, in order."""
        return LEADS if self.leads is None else self.leads


def _lead_names(leads: Any) -> tuple[str, ...]:
    if isinstance(leads, str) or not leads:
        raise BadInput(f"classifier.leads is {leads!r}; give a list of lead names, or null for all twelve")
    names = tuple(canonical_lead(name) for name in leads)
    if len(set(names)) != len(names):
        raise BadInput(f"classifier.leads names a lead twice: {', '.join(names)}")
    return names


def with_defaults(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return a kept classifier configuration with a value for every setting, as JSON holds them.

    A setting that the configuration knows nothing of, because it was kept before there was such a one, had its
    default. Nothing is checked, so that a setting or name of a later or earlier version stands as it is.
    """
    whole: dict[str, Any] = {}
    for each in fields(ClassifierConfig):
        if is_dataclass(each.default) and not isinstance(each.default, type):
            whole[each.name] = {**asdict(each.default), **configuration.get(each.name, {})}
        elif each.name in configuration or each.default is not MISSING:
            whole[each.name] = configuration.get(each.name, each.default)
    whole |= {name: value for name, value in configuration.items() if name not in whole}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in whole.items()}


@dataclass(frozen=True)
class DenoiserConfig:
    """One denoiser and its training.

    Attributes:
        model: name in `ecg_forge.models.registry.DENOISERS`.
        epochs: length of the training.
        steps_per_epoch: batches in an epoch.
        batch_size: records in a batch.
        learning_rate: peak; linear warm-up over ``warmup_steps``, then cosine to 0.
        weight_decay: of AdamW.
        process: noise levels and prediction target, ``{"name": "edm"}`` or ``{"name": "ddpm"}`` and its settings.
        weighting: how the loss weighs noise levels; a name in `ecg_forge.diffusion.config.WEIGHTINGS`.
        ema_width: relative width of the power-function average of the weights that are kept, or null.
        ema_decay: decay of their exponential average, or null; one of the two is given.
        drop_condition: probability of hiding a condition in training, for classifier-free guidance.
        gradient_clip: largest gradient norm.
        precision: as for the classifier.
        seed: as for the classifier.
        workers: as for the classifier.
    """

    model: str
    epochs: int
    steps_per_epoch: int
    batch_size: int = 32
    learning_rate: float = 0.001
    warmup_steps: int = 100
    weight_decay: float = 0.0
    process: EdmConfig | DdpmConfig = field(default_factory=EdmConfig)
    weighting: str = "edm"
    ema_width: float | None = 0.1
    ema_decay: float | None = None
    drop_condition: float = 0.1
    gradient_clip: float = 1.0
    precision: str = "auto"
    seed: int = 0
    workers: int = 0

    def __post_init__(self) -> None:
        check_denoiser(self.model)
        check_weighting(self.weighting)
        if not isinstance(self.process, EdmConfig | DdpmConfig):
            object.__setattr__(self, "process", process_config(self.process))  # the way round `frozen`, as above
        _positive(
            self,
            "denoiser",
            *("epochs", "steps_per_epoch", "batch_size", "learning_rate", "warmup_steps", "gradient_clip"),
        )
        _check_precision(self.precision, "denoiser")
        if (self.ema_width is None) == (self.ema_decay is None):
            raise BadInput("denoiser needs one of ema_width and ema_decay; set the other to null")
        if self.ema_decay is not None and not 0 < self.ema_decay < 1:
            raise BadInput(f"denoiser.ema_decay is {self.ema_decay}; give a number between 0 and 1, or null")
        if self.ema_width is not None and not 0 < self.ema_width < WIDEST_AVERAGE:
            raise BadInput(f"denoiser.ema_width is {self.ema_width}; give a number from 0 to {WIDEST_AVERAGE}, or null")
        if not 0 <= self.drop_condition < 1:
            raise BadInput(f"denoiser.drop_condition is {self.drop_condition}; give a probability below 1")


@dataclass(frozen=True)
class GuidanceConfig:
    """How strongly sampling is pushed towards the statements.

    Attributes:
        scale: 1 follows the condition as learned and costs one evaluation a step, other scales two.
        sigma_low: lowest noise level at which the push applies.
        sigma_high: highest such level.
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
