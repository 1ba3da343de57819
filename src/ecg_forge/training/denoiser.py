"""Train a denoiser on the eight independent leads, and beside it the rhythm that tells it where the beats stand."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, WeightAveraging
from torch.utils.data import DataLoader

from ecg_forge.diffusion.config import SamplerConfig
from ecg_forge.diffusion.process import build_process
from ecg_forge.diffusion.samplers import Denoise, sample
from ecg_forge.diffusion.scaling import LeadScaling
from ecg_forge.diffusion.weighting import denoising_loss
from ecg_forge.ecg.beats import MOST_BEATS
from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import statement_rows
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, twelve_leads
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.condition import Condition
from ecg_forge.models.registry import build_denoiser
from ecg_forge.models.s4d import frozen_kernels
from ecg_forge.training.conditions import condition_table, unpack_condition
from ecg_forge.training.config import DenoiserConfig
from ecg_forge.training.data import FixedLengthEpochs, SignalPools, TrainingCrops, in_order, shuffled
from ecg_forge.training.fit import CheckpointHandle, Run, cpu_tensors, fingerprint, fit
from ecg_forge.training.optimiser import parameter_groups, power_average, ramped_average
from ecg_forge.training.rhythm import Rhythm

HELD_OUT_LEVELS = 8
"""Noise levels at which the held-out loss is measured: the middles of equal shares of those met in training."""

SHOWN: Mapping[str, list[str]] = MappingProxyType(
    {
        "normal": ["NORM", "SR"],
        "atrial fibrillation": ["AFIB"],
        "left bundle branch block": ["CLBBB", "SR"],
        "inferior infarction": ["IMI", "SR"],
    }
)
"""The ECGs that are sampled after every epoch, with the same noise each time, to see the denoiser learn."""
_SHOWN_SAMPLER = SamplerConfig("dpmpp_2m", steps=20)


class DenoiserTraining(lightning.LightningModule):
    """The denoising losses of whole recordings of eight leads and of their rhythms, with conditions dropped at random.

    The denoiser and the rhythm share no weights, so the sum of their losses trains both side by side; the largest
    gradient norm is that of both together.

    Args:
        config: model and training.
        scaling: of the leads.
        fs: sampling rate of the recordings in Hz.
    """

    def __init__(self, config: DenoiserConfig, scaling: LeadScaling, fs: int) -> None:
        super().__init__()
        self.config, self.scaling = config, scaling
        self.process = build_process(config.process)
        self.denoiser = self.process.precondition(build_denoiser(config.model, len(INDEPENDENT_LEADS), len(CODES)))
        self.rhythm = Rhythm(fs)
        middles = (torch.arange(HELD_OUT_LEVELS) + 0.5) / HELD_OUT_LEVELS
        self.held_out_levels = self.process.training_sigmas(middles)

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        signal, packed = batch
        uniforms = torch.rand(len(signal), 4).to(signal.device)
        condition = unpack_condition(packed).dropped_at_random(self.config.drop_condition, uniforms)
        sigma = self.process.training_sigmas(torch.rand(len(signal)))
        loss = self._loss(signal, condition, sigma, torch.randn(signal.shape)).mean()
        rhythm = self.rhythm.loss(condition, torch.rand(len(signal)), torch.randn(len(signal), 1, MOST_BEATS)).mean()
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(signal))
        self.log("train_rhythm_loss", rhythm, on_step=False, on_epoch=True, batch_size=len(signal))
        return loss + rhythm

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], number: int) -> None:
        signal, packed = batch
        # The same noise every epoch, so that the curve shows the denoiser and not the draw; levels take turns.
        generator = torch.Generator().manual_seed(number)
        noise = torch.randn(signal.shape, generator=generator)
        level = torch.arange(len(signal)) % HELD_OUT_LEVELS
        condition = unpack_condition(packed)
        loss = self._loss(signal, condition, self.held_out_levels[level], noise).cpu()
        self.log("val_loss", loss.mean(), batch_size=len(signal))
        uniforms = (torch.arange(len(signal)) + 0.5) / len(signal)
        rhythm = self.rhythm.loss(condition, uniforms, torch.randn(len(signal), 1, MOST_BEATS, generator=generator))
        self.log("val_rhythm_loss", rhythm.mean(), batch_size=len(signal))
        for place, sigma in enumerate(self.held_out_levels.tolist()):
            here = loss[level == place]
            if len(here):
                self.log(f"val_loss_at_{sigma:.2g}", here.mean(), batch_size=len(here))

    def _loss(
        self, signal: torch.Tensor, condition: Condition, sigma: torch.Tensor, noise: torch.Tensor
    ) -> torch.Tensor:
        device, clean = signal.device, self.scaling.to_model(signal)
        return denoising_loss(
            self.denoiser, clean, sigma.to(device), noise.to(device), condition, self.config.weighting
        )

    def with_rhythm(self, condition: Condition, seeds: Sequence[int], length: int) -> Condition:
        """Draw the beats of a condition that leaves them open, of recordings of ``length`` samples, one per seed."""
        return condition.with_beats(self.rhythm.draw(condition, seeds, length))

    def sample(self, denoise: Denoise, seeds: Sequence[int], length: int, sampler: SamplerConfig) -> np.ndarray:
        """Sample one ECG per seed with a denoise function made of the denoiser, mV ``(record, 12, sample)``."""
        shape = (len(INDEPENDENT_LEADS), length)
        drawn = sample(denoise, self.process, sampler, seeds, shape, str(self.device))
        return twelve_leads(self.scaling.to_millivolts(drawn.float()).cpu().numpy())

    def configure_optimizers(self) -> Any:
        config = self.config
        groups = parameter_groups(self, config.learning_rate, config.weight_decay)
        optimiser = torch.optim.AdamW(groups, config.learning_rate)
        total = config.epochs * config.steps_per_epoch
        warmup = min(config.warmup_steps, max(total // 2, 1))
        rise = torch.optim.lr_scheduler.LinearLR(optimiser, 1 / warmup, total_iters=warmup)
        fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(total - warmup, 1))
        schedule = torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[warmup])
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class SampleEachEpoch(Callback):
    """Sample the ECGs of `SHOWN` with the averaged weights after every epoch, and keep them in the checkpoint.

    Must stand before the callback that averages weights, which takes them out again when validation ends.

    Attributes:
        sheets: by epoch from 1, float16 mV ``(ECG, 12, sample)``.
    """

    def __init__(self, length: int) -> None:
        self.sheets: dict[int, torch.Tensor] = {}
        self._length = length
        wanted = pd.DataFrame({"age": 60.0, "sex": "male"}, index=range(len(SHOWN)))
        self._packed = torch.from_numpy(condition_table(wanted, statement_rows(list(SHOWN.values()), wanted.index)))

    @torch.no_grad()
    def on_validation_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        seeds, asked = range(len(SHOWN)), unpack_condition(self._packed.to(pl_module.device))
        with trainer.precision_plugin.forward_context(), frozen_kernels(pl_module):
            condition = pl_module.with_rhythm(asked, seeds, self._length)
            drawn = pl_module.sample(
                lambda x, sigma: pl_module.denoiser(x, sigma, condition), seeds, self._length, _SHOWN_SAMPLER
            )
        self.sheets[trainer.current_epoch + 1] = torch.from_numpy(drawn).half()

    def state_dict(self) -> dict[str, Any]:
        return {"sheets": self.sheets}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.sheets = dict(state_dict["sheets"])


def fit_denoiser(
    training: tuple[SignalPools, np.ndarray],
    validation: tuple[SignalPools, np.ndarray],
    scaling: Mapping[str, float],
    config: DenoiserConfig,
    checkpoints: CheckpointHandle,
    start: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], pd.DataFrame, dict[int, np.ndarray]]:
    """Train one denoiser.

    Args:
        training: signals of the eight independent leads, and their packed conditions ``(record, 121)``.
        validation: the same of the validation split; used for the history only.
        scaling: standard deviation in mV of each lead, by name, over the training records.
        config: model and training.
        checkpoints: where the last checkpoint is kept until the training has ended.
        start: weights of an earlier training to go on from, as returned here; by default new ones.

    Returns:
        Averaged weights as ``{"config", "tensors"}``; the history (epoch, train_loss, val_loss, the held-out loss at
        each of `HELD_OUT_LEVELS` noise levels, train_rhythm_loss, val_rhythm_loss, seconds); and by epoch the ECGs of
        `SHOWN`, mV ``(ECG, 12, sample)``.

    Raises:
        BadInput: the weights to go on from are of another denoiser, or of signals at another rate.
    """
    torch.manual_seed(config.seed)
    sigma_data = build_process(config.process).sigma_data
    pools, conditions = training
    module = DenoiserTraining(config, LeadScaling.of(scaling, sigma_data=sigma_data), pools.fs)
    begun = [] if start is None else [_go_on(module, start, pools.fs)]
    order = shuffled(len(pools), config.seed)
    loader = DataLoader(
        TrainingCrops(pools, [conditions], pools.length),
        sampler=FixedLengthEpochs(order, config.batch_size, config.steps_per_epoch, config.seed),
        batch_size=None,
        num_workers=config.workers,
        pin_memory=torch.cuda.is_available(),
    )
    run = Run(
        name="denoiser",
        epochs=config.epochs,
        precision=config.precision,
        gradient_clip=config.gradient_clip,
        validate_every=1,
        seed=config.seed,
        fingerprint=fingerprint(config, pd.DataFrame(conditions), pd.DataFrame([module.scaling.millivolts]), *begun),
    )
    shown = SampleEachEpoch(pools.length)
    history = fit(
        module, loader, _in_order(*validation, config.batch_size), run, checkpoints, [shown, _averaging(config)]
    )
    saved = _described(config, pools, module.scaling) | ({} if start is None else {"start": dict(start["config"])})
    sheets = {epoch: sheet.float().numpy() for epoch, sheet in shown.sheets.items()}
    return {"config": saved, "tensors": cpu_tensors(module)}, history, sheets


def _described(config: DenoiserConfig, pools: SignalPools, scaling: LeadScaling) -> dict[str, Any]:
    """Return all that is needed to build the denoiser again and to read what it makes."""
    return {
        "model": config.model,
        "statements": list(CODES),
        "leads": list(INDEPENDENT_LEADS),
        "fs": pools.fs,
        "length": pools.length,
        "scaling": scaling.as_dict(),
        "training": asdict(config),
    }


def _go_on(module: DenoiserTraining, start: Mapping[str, Any], fs: int) -> pd.DataFrame:
    """Give a module the weights of an earlier training, and return them as one column, for the fingerprint.

    Raises:
        BadInput: they are of another denoiser, or of signals at another rate.
    """
    saved, config = start["config"], module.config
    for name, theirs, ours in (
        ("model", saved["model"], config.model),
        ("process.name", saved["training"]["process"]["name"], config.process.name),
        ("sampling rate in Hz", saved["fs"], fs),
    ):
        if theirs != ours:
            raise BadInput(f"the weights to go on from have denoiser {name} {theirs}, this training has {ours}")
    module.load_state_dict({name: torch.as_tensor(tensor) for name, tensor in start["tensors"].items()})
    return pd.DataFrame({"weight": np.concatenate([tensor.ravel() for tensor in cpu_tensors(module).values()])})


def _averaging(config: DenoiserConfig) -> Callback:
    if config.ema_width is not None:
        return WeightAveraging(avg_fn=power_average(config.ema_width))
    assert config.ema_decay is not None  # the configuration gives one of the two
    return WeightAveraging(avg_fn=ramped_average(config.ema_decay))


def _in_order(pools: SignalPools, conditions: np.ndarray, batch_size: int) -> DataLoader:
    """Load every whole recording once, in order."""
    batches = [np.stack([rows, np.zeros_like(rows)], axis=1) for rows in in_order(len(pools), batch_size)]
    return DataLoader(TrainingCrops(pools, [conditions], pools.length), sampler=batches, batch_size=None)
