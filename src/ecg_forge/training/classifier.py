"""Train a classifier and score records with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, WeightAveraging
from torch.utils.data import DataLoader
from tqdm import tqdm

from ecg_forge.ecg.demographics import DEMOGRAPHICS, demographics
from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.models.heads import last_linear
from ecg_forge.models.registry import build_classifier
from ecg_forge.training.augmentation import augment, mixup
from ecg_forge.training.config import ClassifierConfig
from ecg_forge.training.data import (
    FixedLengthEpochs,
    SignalPools,
    TrainingCrops,
    Windows,
    balanced,
    in_order,
    shuffled,
)
from ecg_forge.training.fit import CheckpointHandle, Run, autocast, compute_device, fingerprint, fit
from ecg_forge.training.losses import balancing_weights, focal_loss, smoothed
from ecg_forge.training.optimiser import LowerOnPlateau, parameter_groups, ramped_average
from ecg_forge.training.preparation import band_passed, clipped
from ecg_forge.training.validation import KeepBest

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Signal in mV ``(record, lead, sample)`` or ``(record, window, lead, sample)``; target; metadata ``(record, m)``."""


@dataclass(frozen=True)
class Scales:
    """What a classifier's inputs are scaled with, measured on training records and kept beside its weights.

    Attributes:
        normaliser: ``mean_mv`` and ``sd_mv`` of the signals.
        age: ``mean_years`` and ``sd_years``; used where the classifier is told age and sex.
    """

    normaliser: dict[str, Any]
    age: dict[str, Any]


@dataclass(frozen=True)
class Examples:
    """Records to learn from, row by row; a record may stand in several rows.

    Attributes:
        pools: the signals.
        people: columns age (years, NaN where unknown) and sex (male, female or missing), row by row.
        labels: bool ``(row, label)``, indexed by ecg_id.
    """

    pools: SignalPools
    people: pd.DataFrame
    labels: pd.DataFrame

    def tables(self, config: ClassifierConfig, scales: Scales) -> list[np.ndarray]:
        """Return what a batch holds beside signals: targets, and metadata of no columns where it is not used."""
        return [self.labels.to_numpy(np.float32), _metadata(self.people, config, scales)]


def _metadata(people: pd.DataFrame, config: ClassifierConfig, scales: Scales) -> np.ndarray:
    return demographics(people, scales.age) if config.metadata else np.empty((len(people), 0), dtype=np.float32)


class Classifier(lightning.LightningModule):
    """A network on chosen leads, prepared and normalised; windows are aggregated when scoring.

    Takes mV ``(record, lead, sample)`` with all twelve leads and metadata ``(record, m)``; gives logits
    ``(record, label)``.
    """

    def __init__(self, config: ClassifierConfig, labels: Sequence[str], fs: int, scales: Scales) -> None:
        super().__init__()
        self.config, self.labels, self.fs, self.scales = config, tuple(labels), fs, scales
        self.mean_mv, self.sd_mv = (float(scales.normaliser[name]) for name in ("mean_mv", "sd_mv"))
        config.preparation.check_rate(fs)
        self.heard = None if config.leads is None else lead_positions(config.leads, LEADS)
        n_metadata = len(DEMOGRAPHICS) if config.metadata else 0
        self.network = build_classifier(config.model, len(config.heard_leads), len(labels), n_metadata)
        self.positive_weight: torch.Tensor
        self.register_buffer("positive_weight", torch.ones(len(labels)), persistent=False)

    def forward(self, signal_mv: torch.Tensor, metadata: torch.Tensor) -> torch.Tensor:
        return self.network(self.prepared(signal_mv), metadata)

    def prepared(self, signal_mv: torch.Tensor) -> torch.Tensor:
        """Return what the network hears of mV ``(record, lead, sample)``: the leads chosen, in training sd."""
        heard = signal_mv if self.heard is None else signal_mv[:, self.heard]
        filtered = band_passed(heard, self.fs, self.config.preparation)
        return clipped((filtered - self.mean_mv) / self.sd_mv, self.config.preparation)

    def probabilities(self, windows_mv: torch.Tensor, metadata: torch.Tensor) -> torch.Tensor:
        """Aggregate over windows: mV ``(record, window, lead, sample)`` to probabilities ``(record, label)``."""
        records, windows = windows_mv.shape[:2]
        logits = self(windows_mv.flatten(0, 1), metadata.repeat_interleave(windows, 0))
        probability = logits.float().sigmoid().unflatten(0, (records, windows))
        return probability.amax(1) if self.config.aggregate == "max" else probability.mean(1)

    def training_step(self, batch: Batch, _: int) -> torch.Tensor:
        signal, target, metadata = batch
        config, seed = self.config, torch.initial_seed()  # the step's own, set by SeedEachStep
        signal = augment(signal, self.fs, config.augmentation, seed)
        target = smoothed(target, config.loss.label_smoothing)
        if config.augmentation.mixup > 0:
            signal, target = mixup(signal, target, config.augmentation.mixup, seed)
        logits = self(signal, metadata).float()
        loss = focal_loss(logits, target, self.positive_weight, config.loss.focal_gamma, config.loss.focal_alpha)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(signal))
        return loss

    def validation_step(self, batch: Batch, _: int) -> dict[str, torch.Tensor]:
        windows, target, metadata = batch
        return {"probability": self.probabilities(windows, metadata), "target": target}

    def configure_optimizers(self) -> Any:
        config = self.config
        groups = parameter_groups(self.network, config.learning_rate, config.weight_decay)
        optimiser = torch.optim.AdamW(groups)
        if config.schedule == "plateau":
            return optimiser  # LowerOnPlateau lowers its learning rate
        peaks = [group["lr"] for group in groups]
        total = config.epochs * config.steps_per_epoch
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peaks, total_steps=total)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit_classifier(
    training: Examples,
    validation: Examples,
    scales: Scales,
    config: ClassifierConfig,
    checkpoints: CheckpointHandle,
    name: str,
    start: Mapping[str, torch.Tensor] | None = None,
    callbacks: Sequence[Callback] = (),
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train one classifier and keep the weights of its best epoch on validation.

    Args:
        training: what it learns from.
        validation: what its epochs are compared on.
        scales: of the training records.
        config: model and training.
        checkpoints: where the last checkpoint is kept until the training has ended.
        name: what the training is called in the log.
        start: weights to begin with instead of random ones, as an earlier training of the same model left them.
        callbacks: called after those of the training itself, so that they find ``val_auc`` among its metrics.

    Returns:
        Weights as ``{"config", "tensors"}``, and the history (epoch, train_loss, val_loss, val_auc, records_per_s,
        seconds).
    """
    torch.manual_seed(config.seed)
    module = Classifier(config, tuple(training.labels.columns), training.pools.fs, scales)
    if start is not None:
        module.network.load_state_dict(start)
    if config.loss.class_weights == "balanced":
        module.positive_weight.copy_(balancing_weights(torch.from_numpy(training.labels.to_numpy(np.float32))))
    run = Run(
        name=name,
        epochs=config.epochs,
        precision=config.precision,
        gradient_clip=config.gradient_clip,
        validate_every=config.validate_every,
        seed=config.seed,
        fingerprint=fingerprint(
            config, training.labels, training.people, pd.json_normalize(asdict(scales)), _sums(start or {})
        ),
    )
    best = KeepBest()
    loaders = _training_loader(training, config, scales), _window_loader(validation, config, scales)
    history = fit(module, *loaders, run, checkpoints, [best, *_optional_callbacks(config), *callbacks])
    chosen = {"best_epoch": best.epoch, "val_auc": best.auc}
    return {"config": {**_description(module, config, scales), **chosen}, "tensors": best.tensors}, history


def _description(module: Classifier, config: ClassifierConfig, scales: Scales) -> dict[str, Any]:
    """Return what must be known to use the weights again."""
    return {
        "model": config.model,
        "labels": list(module.labels),
        "fs": module.fs,
        "leads": list(config.heard_leads),
        "scales": asdict(scales),
        "training": asdict(config),
    }


def _sums(start: Mapping[str, torch.Tensor]) -> pd.DataFrame:
    """Return a number for each tensor that training begins with, so that its checkpoint is not taken for another's."""
    return pd.DataFrame({name: [float(value.double().sum())] for name, value in start.items()})


def _optional_callbacks(config: ClassifierConfig) -> list[Callback]:
    chosen: list[Callback] = []
    if config.ema_decay is not None:
        chosen.append(WeightAveraging(avg_fn=ramped_average(config.ema_decay)))
    if config.schedule == "plateau":
        chosen.append(LowerOnPlateau(config.plateau_factor, config.plateau_patience))
    if config.patience is not None:
        chosen.append(EarlyStopping("val_auc", mode="max", patience=config.patience, check_on_train_epoch_end=False))
    return chosen


def _training_loader(training: Examples, config: ClassifierConfig, scales: Scales) -> DataLoader:
    tables = training.tables(config, scales)
    order = balanced(tables[0], config.seed) if config.sampling == "balanced" else shuffled(len(tables[0]), config.seed)
    return DataLoader(
        TrainingCrops(training.pools, tables, round(config.crop_s * training.pools.fs)),
        sampler=FixedLengthEpochs(order, config.batch_size, config.steps_per_epoch, config.seed),
        batch_size=None,
        num_workers=config.workers,
        persistent_workers=False,
        pin_memory=torch.cuda.is_available(),
    )


def _window_loader(examples: Examples, config: ClassifierConfig, scales: Scales) -> DataLoader:
    fs = examples.pools.fs
    windows = Windows(
        examples.pools, examples.tables(config, scales), round(config.crop_s * fs), round(config.stride_s * fs)
    )
    return DataLoader(
        windows,
        sampler=in_order(len(windows), config.batch_size),
        batch_size=None,
        num_workers=config.workers,
        pin_memory=torch.cuda.is_available(),
    )


def load_classifier(weights: dict[str, Any]) -> Classifier:
    """Rebuild a trained classifier from its weights, on the CPU and in evaluation mode."""
    saved = weights["config"]
    config, scales = ClassifierConfig(**saved["training"]), Scales(**saved["scales"])
    module = Classifier(config, saved["labels"], saved["fs"], scales)
    module.network.load_state_dict(weights["tensors"])
    return module.eval()


@torch.inference_mode()
def score(weights: dict[str, Any], pools: SignalPools, people: pd.DataFrame) -> pd.DataFrame:
    """Give each record the probability of each label.

    Args:
        weights: of a trained classifier.
        pools: the signals, row by row.
        people: columns age and sex, row by row; its index, ecg_id, becomes that of the table.

    Returns:
        float32 ``(row, label)``.
    """
    device = compute_device()
    module = load_classifier(weights).to(device)
    parts = []
    with autocast(device, module.config.precision):
        for windows, metadata in _batches(module, pools, people, "scoring"):
            parts.append(module.probabilities(windows.to(device), metadata.to(device)).cpu())
    return _by_record(parts, people, module.labels)


@torch.inference_mode()
def embed(weights: dict[str, Any], pools: SignalPools, people: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give each record its features, as the last linear layer takes them, and the probability of each label.

    Features are averaged over the windows. A classifier told age and sex has them among its features.

    Args:
        weights: of a trained classifier.
        pools: the signals, row by row.
        people: columns age and sex, row by row; its index, ecg_id, becomes that of the tables.

    Returns:
        features, float32 ``(row, feature)``, and what :func:`score` returns.
    """
    device = compute_device()
    module = load_classifier(weights).to(device)
    taken: list[torch.Tensor] = []
    features, probabilities = [], []
    watch = last_linear(module.network).register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
    with autocast(device, module.config.precision):
        for windows, metadata in _batches(module, pools, people, "embedding"):
            probabilities.append(module.probabilities(windows.to(device), metadata.to(device)).cpu())
            features.append(taken.pop().float().reshape(*windows.shape[:2], -1).mean(1).cpu())
    watch.remove()
    names = [f"feature_{number}" for number in range(features[0].shape[1])]
    return _by_record(features, people, names), _by_record(probabilities, people, module.labels)


def _batches(
    module: Classifier, pools: SignalPools, people: pd.DataFrame, doing: str
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield windows ``(record, window, lead, sample)`` and metadata of all records, in order, beside a progress bar."""
    examples = Examples(pools, people, pd.DataFrame(index=people.index))
    loader = _window_loader(examples, module.config, module.scales)
    for windows, _, metadata in tqdm(loader, desc=doing, unit="batch", disable=None, leave=False):
        yield windows, metadata


def _by_record(parts: Sequence[torch.Tensor], people: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    index = pd.Index(people.index.to_numpy(dtype=np.int64), name="ecg_id")
    return pd.DataFrame(torch.cat(list(parts)).numpy(), index=index, columns=list(columns))
