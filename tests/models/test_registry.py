"""Every registered model keeps the contract of its kind, and names are checked before torch is needed."""

import importlib
import inspect
import math
import pkgutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from ecg_forge import models
from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import FEMALE, MALE, UNKNOWN_SEX, Condition
from ecg_forge.models.heads import SignalClassifier
from ecg_forge.models.registry import (
    CLASSIFIERS,
    DENOISERS,
    build_classifier,
    build_denoiser,
    check_classifier,
    check_denoiser,
)

# Written out, so that a model that is registered but unknown here fails test_every_registered_model_is_covered.
CLASSIFIER_NAMES = (
    "resnet1d_tiny",
    "resnet1d_wang",
    "resnet50_1d",
    "xresnet1d50",
    "xresnet1d101",
    "inception1d",
    "ribeiro_resnet",
    "resnet1d_small",
    "inception_small",
    "conv_bilstm_attention",
    "rnn",
    "lstm",
    "gru",
    "bilstm",
    "bigru",
    "gru_attention",
    "bigru_attention",
    "cnn_gru",
    "cnn_lstm",
    "cnn2d",
    "alexnet",
    "alexnet_attention",
    "vgg",
    "resnet2d",
    "mobilenet",
    "early_fusion",
    "joint_fusion",
    "attention_fusion",
    "s4",
    "s4_small",
)
DENOISER_NAMES = (
    "unet1d_tiny",
    "unet1d_small",
    "unet1d_base",
    "dit1d_tiny",
    "dit1d_small",
    "dit1d_base",
    "sssd_tiny",
    "sssd_small",
    "sssd",
)
LENGTHS = (100, 131, 250)

classifiers = pytest.mark.parametrize("name", CLASSIFIER_NAMES)
denoisers = pytest.mark.parametrize("name", DENOISER_NAMES)
smallest_denoisers = pytest.mark.parametrize("name", [name for name in DENOISER_NAMES if name.endswith("_tiny")])
metadata_or_none = pytest.mark.parametrize("n_metadata", [0, 4])


def some_conditions(n: int, n_statements: int) -> Condition:
    """Conditions in which every statement, both sexes and every part left open occur."""
    statements = torch.eye(n_statements).repeat(n // n_statements + 1, 1)[:n]
    statements[: n // 2] += torch.ones(n_statements)
    age, sex = torch.linspace(20, 90, n), torch.arange(n) % 3
    nothing = Condition.null(n, n_statements)
    statements[-1], age[-1] = nothing.statements[-1], nothing.age[-1]
    beats = nothing.beats
    beats[:-1, :3] = torch.tensor([4.0, 30.0, 55.0])
    return Condition(statements.clamp(max=1), age, sex, beats)


def seeded(build, *arguments) -> nn.Module:
    torch.manual_seed(3)
    return build(*arguments)


def noisy(n: int, *shape: int) -> torch.Tensor:
    return torch.randn(n, *shape, generator=torch.Generator().manual_seed(0))


def shaken(model: nn.Module) -> nn.Module:
    """Move every parameter a little: layers that start at zero would hide what stands behind them."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
    return model


def without_gradient(model: nn.Module) -> list[str]:
    return [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]


def without_dropout(model: nn.Module) -> nn.Module:
    for layer in model.modules():
        if isinstance(layer, nn.Dropout | nn.Dropout1d):
            layer.p = 0.0
    return model


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_every_registered_model_is_covered():
    assert set(CLASSIFIER_NAMES) == set(CLASSIFIERS)
    assert set(DENOISER_NAMES) == set(DENOISERS)


def public_functions() -> Iterator[tuple[str, inspect.Signature]]:
    """Yield ``module:function`` and the signature of every public function of the models."""
    for found in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):
        for name, function in inspect.getmembers(importlib.import_module(found.name), inspect.isfunction):
            if not name.startswith("_") and function.__module__ == found.name:
                yield f"{found.name}:{name}", inspect.signature(function)


def test_every_function_that_builds_a_classifier_is_registered():
    built = {path for path, signature in public_functions() if signature.return_annotation is SignalClassifier}
    assert built == set(CLASSIFIERS.values())


def test_every_function_that_builds_a_denoiser_is_registered():
    built = {path for path, signature in public_functions() if [*signature.parameters] == ["n_leads", "n_statements"]}
    assert built == set(DENOISERS.values())


def test_importing_the_registry_does_not_import_torch():
    code = (
        "import sys, ecg_forge.models.registry as r; r.check_denoiser('unet1d_tiny'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("check", "known"), [(check_classifier, "resnet1d_wang"), (check_denoiser, "unet1d_tiny")])
def test_an_unknown_name_is_answered_with_the_known_ones(check, known):
    assert check(known) == known
    with pytest.raises(BadInput, match=f"unknown .* 'nosuch'; known are .*{known}"):
        check("nosuch")


def test_sizes_below_one_are_refused():
    with pytest.raises(BadInput, match="n_leads must be at least 1"):
        build_classifier("resnet1d_wang", 0, 5)
    with pytest.raises(BadInput, match="n_metadata must be at least 0"):
        build_classifier("resnet1d_wang", 12, 5, n_metadata=-1)
    with pytest.raises(BadInput, match="n_statements must be at least 1"):
        build_denoiser("unet1d_tiny", 8, 0)


@classifiers
@metadata_or_none
def test_a_classifier_gives_one_logit_per_label_at_any_length(name, n_metadata):
    model = build_classifier(name, 3, 5, n_metadata).eval()
    for length in LENGTHS:
        logits = model(noisy(2, 3, length), noisy(2, n_metadata))
        assert logits.shape == (2, 5)
        assert logits.dtype == torch.float32
        assert logits.isfinite().all()


@classifiers
@metadata_or_none
def test_a_classifier_judges_each_record_by_itself(name, n_metadata):
    model = build_classifier(name, 2, 3, n_metadata).eval()
    x, metadata = noisy(3, 2, 100), noisy(3, n_metadata)
    torch.testing.assert_close(model(x, metadata)[1:2], model(x[1:2], metadata[1:2]), rtol=1e-4, atol=1e-5)


@classifiers
def test_a_classifier_hears_the_order_of_leads_and_of_samples(name):
    model, x = shaken(build_classifier(name, 3, 5)).eval(), noisy(2, 3, 100)
    shuffled = x[..., torch.randperm(100, generator=torch.Generator().manual_seed(4))]
    for other in (x[:, [1, 2, 0]], x.flip(-1), shuffled):
        assert (model(other) - model(x)).abs().max() > 1e-4


@classifiers
def test_a_classifier_without_metadata_needs_none_and_hears_none(name):
    model, x = build_classifier(name, 2, 3).eval(), noisy(2, 2, 100)
    assert torch.equal(model(x), model(x, None))
    assert not any(key.startswith("metadata") for key in model.state_dict())
    with pytest.raises(BadInput, match="needs metadata of shape"):
        model(x, noisy(2, 4))


@classifiers
def test_a_classifier_with_metadata_needs_and_hears_them(name):
    model, x = build_classifier(name, 2, 3, n_metadata=4).eval(), noisy(2, 2, 100)
    assert (model(x, torch.ones(2, 4)) - model(x, -torch.ones(2, 4))).abs().max() > 1e-4
    for metadata in (None, torch.ones(2, 3)):
        with pytest.raises(BadInput, match="needs metadata of shape"):
            model(x, metadata)


@classifiers
def test_a_classifier_is_finite_in_half_precision(name):
    model = build_classifier(name, 2, 3, n_metadata=4).train()
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(noisy(4, 2, 128), noisy(4, 4))
    logits.float().square().sum().backward()
    assert logits.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


@classifiers
def test_the_seed_decides_the_weights_of_a_classifier(name):
    one, again = seeded(build_classifier, name, 2, 3), seeded(build_classifier, name, 2, 3)
    assert same_weights(one, again)
    assert not same_weights(one, build_classifier(name, 2, 3))


@classifiers
@metadata_or_none
def test_a_gradient_reaches_every_parameter_of_a_classifier(name, n_metadata):
    model = shaken(build_classifier(name, 2, 3, n_metadata)).train()
    model(noisy(4, 2, 128), noisy(4, n_metadata)).square().sum().backward()
    assert without_gradient(model) == []


@classifiers
@metadata_or_none
def test_a_classifier_comes_back_from_its_state_dict(name, n_metadata):
    model, other = (build_classifier(name, 2, 3, n_metadata).eval() for _ in range(2))
    other.load_state_dict(model.state_dict())
    x, metadata = noisy(2, 2, 100), noisy(2, n_metadata)
    assert torch.equal(model(x, metadata), other(x, metadata))


@classifiers
def test_a_classifier_can_learn_sixteen_records_by_heart(name):
    model = without_dropout(seeded(build_classifier, name, 12, 5)).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    x, labels = noisy(16, 12, 100), noisy(16, 5).gt(0).float()
    for _ in range(60):
        loss = nn.functional.binary_cross_entropy_with_logits(model(x), labels)
        if loss < 0.05:
            return
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    pytest.fail(f"after 60 steps the loss is still {loss:.3f}")


@torch.no_grad()
@denoisers
def test_a_denoiser_keeps_the_shape_at_any_length(name):
    model = shaken(build_denoiser(name, n_leads=3, n_statements=5)).eval()
    for length in LENGTHS:
        out = model(noisy(2, 3, length), torch.zeros(2), some_conditions(2, 5))
        assert out.shape == (2, 3, length)
        assert out.dtype == torch.float32
        assert out.isfinite().all()
        assert (out != 0).any()


@torch.no_grad()
@denoisers
def test_a_new_denoiser_returns_zeros(name):
    assert not build_denoiser(name, 2, 3)(noisy(2, 2, 64), torch.zeros(2), some_conditions(2, 3)).any()


@torch.no_grad()
@denoisers
def test_a_denoiser_treats_each_record_by_itself_wherever_it_stands(name):
    model, x, condition = shaken(build_denoiser(name, 2, 3)), noisy(3, 2, 64), some_conditions(3, 3)
    c_noise, order = torch.tensor([-1.0, 0.0, 1.0]), torch.tensor([2, 0, 1])
    together = model(x, c_noise, condition)
    alone = model(x[1:2], c_noise[1:2], condition[1:2])
    permuted = model(x[order], c_noise[order], condition[order])
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together[order], permuted, rtol=1e-4, atol=1e-5)


@denoisers
def test_the_seed_decides_the_weights_of_a_denoiser(name):
    one, again = seeded(build_denoiser, name, 2, 3), seeded(build_denoiser, name, 2, 3)
    assert same_weights(one, again)
    assert not same_weights(one, build_denoiser(name, 2, 3))


@denoisers
def test_a_gradient_reaches_every_parameter_of_a_denoiser(name):
    model = shaken(build_denoiser(name, 2, 3))
    model(noisy(6, 2, 64), torch.linspace(-1, 1, 6), some_conditions(6, 3)).square().sum().backward()
    assert without_gradient(model) == []


@torch.no_grad()
@denoisers
def test_a_denoiser_comes_back_from_its_state_dict(name):
    model, other = shaken(build_denoiser(name, 2, 3)), build_denoiser(name, 2, 3)
    other.load_state_dict(model.state_dict())
    x, c_noise, condition = noisy(2, 2, 64), torch.zeros(2), some_conditions(2, 3)
    assert torch.equal(model(x, c_noise, condition), other(x, c_noise, condition))


@torch.no_grad()
@denoisers
def test_a_denoiser_hears_noise_level_statements_age_and_sex(name):
    first, second, neither = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [math.nan] * 3
    told = Condition(  # one record of which the others each differ in one part, all of it not given, the noise level
        torch.tensor([first, second, first, first, neither, first]),
        torch.tensor([60.0, 60.0, 20.0, 60.0, math.nan, 60.0]),
        torch.tensor([MALE, MALE, MALE, FEMALE, UNKNOWN_SEX, MALE]),
        Condition.null(6, 3).beats,
    )
    c_noise = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    same, *others = shaken(build_denoiser(name, 2, 3))(noisy(1, 2, 64).expand(6, -1, -1), c_noise, told)
    assert all((other - same).abs().max() > 1e-5 for other in others)


@torch.no_grad()
@pytest.mark.parametrize("name", [name for name in DENOISER_NAMES if name.startswith("unet1d")])
def test_a_unet_hears_the_beats_and_that_they_are_not_given(name):
    told = some_conditions(2, 3)[:1]
    moved, open_ = told.with_beats(told.beats + 9), told.with_beats(torch.full_like(told.beats, math.nan))
    model, x, c_noise = shaken(build_denoiser(name, 2, 3)), noisy(1, 2, 64), torch.zeros(1)
    same, *others = (model(x, c_noise, condition) for condition in (told, moved, open_))
    assert all((other - same).abs().max() > 1e-4 for other in others)


@smallest_denoisers
def test_three_steps_of_training_open_the_ears_of_a_denoiser(name):
    model, x = seeded(build_denoiser, name, 2, 3), noisy(6, 2, 64)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(3):  # where gates start at zero too, the first step reaches the last layer only
        optimiser.zero_grad()
        answer = model(x, torch.linspace(-1, 1, 6), some_conditions(6, 3))
        (answer - x).square().mean().backward()
        optimiser.step()
    with torch.no_grad():
        asked, nothing = some_conditions(6, 3), Condition.null(6, 3)
        answer = model(x, torch.zeros(6), asked)
        assert (model(x, torch.ones(6), asked) - answer).abs().max() > 1e-4
        assert (model(x, torch.zeros(6), nothing) - answer).abs().max() > 1e-4


@smallest_denoisers
def test_a_denoiser_is_finite_in_half_precision(name):
    model = shaken(build_denoiser(name, 2, 3))
    with torch.autocast("cpu", torch.bfloat16):
        answer = model(noisy(4, 2, 128), torch.linspace(-1, 1, 4), some_conditions(4, 3))
    answer.float().square().sum().backward()
    assert answer.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())
