import pytest
import torch

from ecg_forge.diffusion.config import SAMPLERS, DdpmConfig, EdmConfig, SamplerConfig
from ecg_forge.diffusion.process import build_process
from ecg_forge.diffusion.samplers import DETERMINISTIC, STOCHASTIC, sample, seeded_noise
from ecg_forge.ecg.errors import BadInput

MEAN, SD = 0.7, 0.3
EDM, DDPM, ZERO_SNR = EdmConfig(), DdpmConfig(), DdpmConfig(zero_terminal_snr=True)


def of_gaussian(mean: float, sd: float):
    """The exact denoiser of N(mean, sd²)."""

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        shrink = (sd**2 / (sd**2 + sigma**2)).reshape(-1, *[1] * (x.ndim - 1))
        return mean + shrink * (x - mean)

    return denoise


def of_two_peaks(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The exact denoiser of ¼·N(−1, 0.1²) + ¾·N(1, 0.1²)."""
    variance = 0.1**2 + sigma.reshape(-1, *[1] * (x.ndim - 1)) ** 2
    peaks = torch.tensor([-1.0, 1.0], dtype=x.dtype)
    share = torch.softmax(
        torch.tensor([0.25, 0.75], dtype=x.dtype).log() - (x[..., None] - peaks) ** 2 / (2 * variance[..., None]), -1
    )
    return (share * (peaks + 0.1**2 / variance[..., None] * (x[..., None] - peaks))).sum(-1)


def edm_sigmas(steps: int, sigma_min: float) -> torch.Tensor:
    return build_process(EdmConfig(sigma_min=sigma_min, sigma_max=10.0)).sampling_sigmas(steps).double()


def run(solver: str, denoise, x: torch.Tensor, sigmas: torch.Tensor) -> torch.Tensor:
    """Sample from a given start, with the noise of the first seeds where the sampler wants any."""
    if solver in STOCHASTIC:
        draw = seeded_noise(range(len(x)), x.shape[1:], "cpu")
        return STOCHASTIC[solver](denoise, x, sigmas, lambda: draw().to(x))
    return DETERMINISTIC[solver](denoise, x, sigmas)


def error_of_path(solver: str, steps: int) -> float:
    """Return the largest error against the exact probability flow of N(MEAN, SD²), which keeps each standard score.

    The last level is so low that the step to 0 adds nothing.
    """
    x = 10.0 * torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    end = DETERMINISTIC[solver](of_gaussian(MEAN, SD), x, edm_sigmas(steps, 1e-4))
    return (end - MEAN - SD / (SD**2 + 10.0**2) ** 0.5 * (x - MEAN)).abs().max().item()


def error_of_spread(solver: str, steps: int) -> float:
    """Return how far the standard deviation of all samples is from SD, without drawing one.

    For a Gaussian the sampler is linear in the start and in each noise it draws. Run on unit vectors, one for each of
    them, it gives the factor of each.
    """
    units = torch.eye(steps + 1, dtype=torch.float64)[:, :, None]
    start = (SD**2 + 10.0**2) ** 0.5
    noises = iter(units[1:])
    factors = STOCHASTIC[solver](of_gaussian(0.0, SD), start * units[0], edm_sigmas(steps, 1e-4), lambda: next(noises))
    return abs(factors.norm().item() - SD)


def test_every_sampler_is_there():
    assert set(DETERMINISTIC) | set(STOCHASTIC) == set(SAMPLERS)


@pytest.mark.parametrize("solver", SAMPLERS)
def test_one_step_returns_the_guess_from_pure_noise(solver):
    x, denoise = torch.linspace(-80, 80, 4)[:, None], of_gaussian(MEAN, SD)
    torch.testing.assert_close(run(solver, denoise, x, torch.tensor([80.0, 0.0])), denoise(x, torch.full((4,), 80.0)))


@pytest.mark.parametrize("solver", SAMPLERS)
def test_a_single_point_is_found_by_every_sampler(solver):
    point = torch.tensor([[3.0, -1.0]])
    found = run(solver, lambda x, sigma: point.expand_as(x), 10 * torch.ones(4, 2), edm_sigmas(6, 0.01).float())
    torch.testing.assert_close(found, point.expand(4, 2))


@pytest.mark.parametrize(
    ("solver", "steps"), [("ddpm", 400), ("ddim", 400), ("heun", 40), ("dpmpp_2m", 50), ("dpmpp_2m_sde", 60)]
)
def test_samples_of_edm_have_mean_and_spread_of_the_gaussian(solver, steps):
    x = sample(of_gaussian(MEAN, SD), build_process(EDM), SamplerConfig(solver, steps), range(400), (16,), "cpu")
    assert x.mean().item() == pytest.approx(MEAN, abs=0.02)
    assert x.std().item() == pytest.approx(SD, rel=0.04)


@pytest.mark.parametrize("solver", SAMPLERS)
def test_samples_of_ddpm_have_mean_and_spread_of_a_gaussian_of_unit_size(solver):
    x = sample(of_gaussian(0.0, 1.0), build_process(DDPM), SamplerConfig(solver, 200), range(400), (16,), "cpu")
    assert x.mean().item() == pytest.approx(0.0, abs=0.04)
    assert x.std().item() == pytest.approx(1.0, rel=0.03)


@pytest.mark.parametrize("solver", SAMPLERS)
def test_samples_without_terminal_signal_have_mean_and_spread_of_any_gaussian(solver):
    x = sample(of_gaussian(MEAN, SD), build_process(ZERO_SNR), SamplerConfig(solver, 200), range(400), (16,), "cpu")
    assert x.mean().item() == pytest.approx(MEAN, abs=0.02)
    assert x.std().item() == pytest.approx(SD, rel=0.04)


def test_signal_left_at_the_last_level_is_missed_by_sampling():
    """SSSD-ECG's schedule: the start holds none of the mean that the last level should, so samples are drawn to 0."""
    settings = (SamplerConfig("ddim", 200), range(400), (16,), "cpu")
    plain = sample(of_gaussian(MEAN, SD), build_process(DDPM), *settings)
    rescaled = sample(of_gaussian(MEAN, SD), build_process(ZERO_SNR), *settings)
    assert plain.mean().item() < MEAN - 0.06
    assert rescaled.mean().item() == pytest.approx(MEAN, abs=0.01)


@pytest.mark.parametrize("config", [EDM, ZERO_SNR])
@pytest.mark.parametrize("solver", SAMPLERS)
def test_both_peaks_of_a_mixture_get_their_share(solver, config):
    x = sample(of_two_peaks, build_process(config), SamplerConfig(solver, 200), range(250), (16,), "cpu")
    upper = x > 0
    assert upper.float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert x[upper].mean().item() == pytest.approx(1.0, abs=0.02)
    assert x[upper].std().item() == pytest.approx(0.1, rel=0.12)


@pytest.mark.parametrize(("solver", "order"), [("ddim", 1), ("heun", 2), ("dpmpp_2m", 2)])
def test_the_error_of_a_path_falls_with_the_order_of_the_sampler(solver, order):
    assert error_of_path(solver, 160) / error_of_path(solver, 320) == pytest.approx(2**order, rel=0.15)


@pytest.mark.parametrize(("solver", "order"), [("ddpm", 1), ("dpmpp_2m_sde", 2)])
def test_the_error_of_the_spread_falls_with_the_order_of_the_sampler(solver, order):
    assert error_of_spread(solver, 160) / error_of_spread(solver, 320) == pytest.approx(2**order, rel=0.15)


def test_second_order_beats_first_at_the_same_number_of_evaluations():
    assert error_of_path("dpmpp_2m", 40) < error_of_path("ddim", 40) / 5
    assert error_of_path("heun", 20) < error_of_path("ddim", 40) / 1.5
    assert error_of_spread("dpmpp_2m_sde", 40) < error_of_spread("ddpm", 40) / 5


@pytest.mark.parametrize("solver", SAMPLERS)
def test_a_sampler_costs_the_evaluations_it_promises(solver):
    calls, config = [], SamplerConfig(solver, steps=10)

    def counting(x, sigma):
        calls.append(sigma)
        return of_gaussian(MEAN, SD)(x, sigma)

    sample(counting, build_process(DDPM), config, [1, 2], (4,), "cpu")
    assert len(calls) == config.evaluations == (19 if solver == "heun" else 10)
    assert all(sigma.shape == (2,) for sigma in calls)


@pytest.mark.parametrize("process", [EDM, DDPM, ZERO_SNR])
@pytest.mark.parametrize("solver", SAMPLERS)
def test_a_seed_gives_the_same_record_whatever_else_is_in_the_batch(solver, process):
    settings = (build_process(process), SamplerConfig(solver, 5))
    together = sample(of_gaussian(MEAN, SD), *settings, [5, 6, 7], (2, 16), "cpu")
    alone = sample(of_gaussian(MEAN, SD), *settings, [6], (2, 16), "cpu")
    assert torch.equal(together[1:2], alone)
    assert not torch.equal(together[0], together[1])
    assert together.shape == (3, 2, 16)
    assert together.dtype == torch.float32


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_fresh_noise_is_another_in_every_step(solver):
    """After steps of different noise two records of one start differ; after steps of none they would be equal."""
    draw = seeded_noise([1, 2], (4,), "cpu")
    first, second = draw(), draw()
    assert not torch.equal(first, second)
    end = run(solver, of_gaussian(MEAN, SD), 10 * torch.ones(2, 4), edm_sigmas(5, 0.01).float())
    assert not torch.equal(end[0], end[1])


def test_seeds_that_agree_in_their_lowest_bits_draw_other_noise():
    drawn = seeded_noise([5, 5 + 2**32, 5 + 2**61, (5, 2)], (8, 10), "cpu")()
    assert len({tuple(noise.flatten().tolist()) for noise in drawn}) == 4


def test_noise_needs_a_seed():
    with pytest.raises(BadInput, match="at least one seed"):
        seeded_noise([], (8, 10), "cpu")


def test_drawing_noise_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    assert seeded_noise([1, 2], (8, 10), "cpu")().shape == (2, 8, 10)
    assert torch.equal(torch.get_rng_state(), state)
