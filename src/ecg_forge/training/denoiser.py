"""Train a denoiser on the eight independent leads, and sample synthetic ECGs with it."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging
from torch.utils.data import DataLoader
from tqdm import tqdm

from ecg_forge.diffusion.config import NoiseLevels, SamplerConfig
from ecg_forge.diffusion.guidance import guided
from ecg_forge.diffusion.process import Preconditioner, denoising_loss
from ecg_forge.diffusion.samplers import sample
from ecg_forge.diffusion.scaling import LeadScaling
from ecg_forge.ecg.labels import statement_rows
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, LEADS, twelve_leads
from ecg_forge.ecg.records import SignalStream, to_microvolts
from ecg_forge.ecg.statements import CODES
from ecg_forge.models.condition import Condition
from ecg_forge.models.registry import build_denoiser
from ecg_forge.training.conditions import condition_table, unpack_condition
from ecg_forge.training.config import DenoiserConfig, GuidanceConfig
from ecg_forge.training.data import FixedLengthEpochs, SignalPools, TrainingCrops, in_order, shuffled
from ecg_forge.training.fit import CheckpointHandle, Run, autocast, compute_device, cpu_tensors, fingerprint, fit


class DenoiserTraining(lightning.LightningModule):
    """EDM's denoising loss on whole recordings of eight leads, with conditions dropped at random."""

    def __init__(self, config: DenoiserConfig, scaling: LeadScaling) -> None:
        super().__init__()
        self.config, self.scaling = config, scaling
        self.levels = NoiseLevels(config.p_mean, config.p_std)
        self.denoiser = Preconditioner(build_denoiser(config.model, len(INDEPENDENT_LEADS), len(CODES)))

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        signal, packed = batch
        uniforms = torch.rand(len(signal), 3).to(signal.device)
        condition = unpack_condition(packed).dropped_at_random(self.config.drop_condition, uniforms)
        loss = self._loss(signal, condition, torch.randn(len(signal)), torch.randn(signal.shape))
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(signal))
        return loss

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], number: int) -> None:
        signal, packed = batch
        # The same noise every epoch, so that the curve shows the denoiser and not the draw.
        generator = torch.Generator().manual_seed(number)
        normals = torch.randn(len(signal), generator=generator)
        noise = torch.randn(signal.shape, generator=generator)
        loss = self._loss(signal, unpack_condition(packed), normals, noise)
        self.log("val_loss", loss, batch_size=len(signal))

    def _loss(
        self, signal: torch.Tensor, condition: Condition, normals: torch.Tensor, noise: torch.Tensor
    ) -> torch.Tensor:
        sigma = self.levels.sigma(normals).to(signal.device)
        clean = self.scaling.to_model(signal)
        return denoising_loss(self.denoiser, clean, sigma, noise.to(signal.device), condition).mean()

    def configure_optimizers(self) -> Any:
        config = self.config
        optimiser = torch.optim.AdamW(self.parameters(), config.learning_rate, weight_decay=config.weight_decay)
        total = config.epochs * config.steps_per_epoch
        warmup = min(config.warmup_steps, max(total // 2, 1))
        rise = torch.optim.lr_scheduler.LinearLR(optimiser, 1 / warmup, total_iters=warmup)
        fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(total - warmup, 1))
        schedule = torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[warmup])
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit_denoiser(
    training: tuple[SignalPools, np.ndarray],
    validation: tuple[SignalPools, np.ndarray],
    scaling: LeadScaling,
    config: DenoiserConfig,
    checkpoints: CheckpointHandle,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train one denoiser.

    Args:
        training: signals of the eight independent leads, and their packed conditions ``(record, 73)``.
        validation: the same of the validation split; used for the history only.
        scaling: of the training records.
        config: model and training.
        checkpoints: where the last checkpoint is kept until the training has ended.

    Returns:
        EMA weights as ``{"config", "tensors"}``, and the history (epoch, train_loss, val_loss, seconds).
    """
    torch.manual_seed(config.seed)
    module = DenoiserTraining(config, scaling)
    pools, conditions = training
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
        fingerprint=fingerprint(config, pd.DataFrame(conditions), pd.DataFrame([scaling.millivolts])),
    )
    averaging = EMAWeightAveraging(decay=config.ema_decay, use_buffers=False)
    history = fit(module, loader, _in_order(*validation, config.batch_size), run, checkpoints, [averaging])
    saved = {
        "model": config.model,
        "statements": list(CODES),
        "leads": list(INDEPENDENT_LEADS),
        "fs": pools.fs,
        "length": pools.length,
        "scaling": scaling.as_dict(),
        "training": asdict(config),
    }
    return {"config": saved, "tensors": cpu_tensors(module.denoiser)}, history


def _in_order(pools: SignalPools, conditions: np.ndarray, batch_size: int) -> DataLoader:
    """Load every whole recording once, in order."""
    batches = [np.stack([rows, np.zeros_like(rows)], axis=1) for rows in in_order(len(pools), batch_size)]
    return DataLoader(TrainingCrops(pools, [conditions], pools.length), sampler=batches, batch_size=None)


def load_denoiser(weights: dict[str, Any]) -> DenoiserTraining:
    """Rebuild a trained denoiser from its weights, on the CPU and in evaluation mode."""
    saved = weights["config"]
    module = DenoiserTraining(DenoiserConfig(**saved["training"]), LeadScaling.from_dict(saved["scaling"]))
    module.denoiser.load_state_dict(weights["tensors"])
    return module.eval()


def generate(
    weights: dict[str, Any], plan: pd.DataFrame, sampler: SamplerConfig, guidance: GuidanceConfig
) -> SignalStream:
    """Make one 12-lead ECG for each row of a label plan, lazily: a batch is sampled when it is asked for.

    Args:
        weights: of a trained denoiser.
        plan: indexed by ecg_id, with statements (joined by ``;``), age, sex and seed.
        sampler: solver and steps.
        guidance: push towards the statements, and batch size.

    Returns:
        int16 µV in PTB-XL's lead order, at the rate and length the denoiser was trained on.
    """
    saved = weights["config"]
    return SignalStream(
        ecg_id=plan.index.to_numpy(),
        leads=LEADS,
        fs=saved["fs"],
        length=saved["length"],
        blocks=_sample_batches(weights, plan, sampler, guidance),
    )


def _sample_batches(
    weights: dict[str, Any], plan: pd.DataFrame, sampler: SamplerConfig, guidance: GuidanceConfig
) -> Iterator[np.ndarray]:
    device = compute_device()
    module = load_denoiser(weights).to(device)
    labels = statement_rows([text.split(";") for text in plan["statements"]], plan.index)
    conditions = torch.from_numpy(condition_table(plan, labels))
    shape = (len(INDEPENDENT_LEADS), weights["config"]["length"])
    with tqdm(total=len(plan), desc="generating", unit="ECG", disable=None) as bar:
        for start in range(0, len(plan), guidance.batch_size):
            rows = slice(start, start + guidance.batch_size)
            condition = unpack_condition(conditions[rows].to(device))
            with torch.inference_mode(), autocast(device, module.config.precision):
                denoise = guided(
                    module.denoiser,
                    condition,
                    condition.without_statements(),
                    guidance.scale,
                    (guidance.sigma_low, guidance.sigma_high),
                )
                drawn = sample(denoise, sampler, plan["seed"].iloc[rows].tolist(), shape, str(device))
            bar.update(len(condition))
            yield to_microvolts(twelve_leads(module.scaling.to_millivolts(drawn.float()).cpu().numpy()))
