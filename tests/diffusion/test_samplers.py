import pytest
import torch

from ecg_forge.diffusion.config import SAMPLERS, SamplerConfig
from ecg_forge.diffusion.samplers import (
    initial_noise,
    karras_sigmas,
    sample,
    sample_dpmpp_2m,
    sample_euler,
    sample_heun,
)
from ecg_forge.ecg.errors import BadInput

SOLVERS = {"euler": sample_euler, "heun": sample_heun, "dpmpp_2m": sample_dpmpp_2m}
MEAN, SD = 0.7, 0.3


def of_gaussian(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The exact denoiser of N(MEAN, SD²)."""
    shrink = (SD**2 / (SD**2 + sigma**2)).reshape(-1, *[1] * (x.ndim - 1))
    return MEAN + shrink * (x - MEAN)


def of_two_peaks(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The exact denoiser of ¼·N(−1, 0.1²) + ¾·N(1, 0.1²)."""
    variance = 0.1**2 + sigma.reshape(-1, *[1] * (x.ndim - 1)) ** 2
    peaks = torch.tensor([-1.0, 1.0], dtype=x.dtype)
    share = torch.softmax(
        torch.tensor([0.25, 0.75], dtype=x.dtype).log() - (x[..., None] - peaks) ** 2 / (2 * variance[..., None]), -1
    )
    return (share * (peaks + 0.1**2 / variance[..., None] * (x[..., None] - peaks))).sum(-1)


def exact_end(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """Where the probability-flow path of N(MEAN, SD²) through x at noise level sigma ends: its standard score stays."""
    return MEAN + SD / (SD**2 + sigma**2) ** 0.5 * (x - MEAN)


def error(solver: str, steps: int) -> float:
    """Return the largest error against the exact path; the last level is so low that the step to 0 adds nothing."""
    x = 10.0 * torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    end = SOLVERS[solver](of_gaussian, x, karras_sigmas(steps, 1e-4, 10.0, 7.0).double())
    return (end - exact_end(x, 10.0)).abs().max().item()


def test_the_schedule_runs_from_sigma_max_to_sigma_min_to_zero():
    sigmas = karras_sigmas(5, 0.002, 80.0, 7.0)
    assert sigmas.shape == (6,)
    assert sigmas.dtype == torch.float32
    torch.testing.assert_close(sigmas[[0, 4, 5]], torch.tensor([80.0, 0.002, 0.0]))
    assert (sigmas.diff() < 0).all()


def test_the_schedule_is_a_straight_line_after_the_root():
    roots = karras_sigmas(7, 0.01, 10.0, 3.0)[:-1].double() ** (1 / 3)
    torch.testing.assert_close(roots.diff().diff(), torch.zeros(5, dtype=torch.float64), atol=1e-6, rtol=0)


def test_a_schedule_of_one_step_starts_at_sigma_max():
    assert karras_sigmas(1, 0.002, 80.0, 7.0).tolist() == [80.0, 0.0]


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_step_returns_the_guess_from_pure_noise(solver):
    x = torch.linspace(-80, 80, 4)[:, None]
    torch.testing.assert_close(
        SOLVERS[solver](of_gaussian, x, torch.tensor([80.0, 0.0])), of_gaussian(x, torch.full((4,), 80.0))
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_single_point_is_found_by_every_solver(solver):
    point = torch.tensor([[3.0, -1.0]])
    found = SOLVERS[solver](
        lambda x, sigma: point.expand_as(x), 10 * torch.ones(4, 2), karras_sigmas(6, 0.01, 10.0, 7.0)
    )
    torch.testing.assert_close(found, point.expand(4, 2))


@pytest.mark.parametrize(("solver", "steps"), [("heun", 40), ("dpmpp_2m", 50)])
def test_solvers_recover_mean_and_spread_of_a_gaussian(solver, steps):
    config = SamplerConfig(solver, steps=steps)
    x = sample(of_gaussian, config, range(400), (8,), "cpu")
    assert x.mean().item() == pytest.approx(MEAN, abs=0.02)
    assert x.std().item() == pytest.approx(SD, rel=0.04)


@pytest.mark.parametrize(("solver", "steps"), [("heun", 40), ("dpmpp_2m", 60)])
def test_both_peaks_of_a_mixture_get_their_share(solver, steps):
    x = sample(of_two_peaks, SamplerConfig(solver, steps=steps), range(500), (8,), "cpu")
    upper = x > 0
    assert upper.float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert x[upper].mean().item() == pytest.approx(1.0, abs=0.02)
    assert x[upper].std().item() == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("heun", 2), ("dpmpp_2m", 2)])
def test_the_error_falls_with_the_order_of_the_solver(solver, order):
    assert error(solver, 160) / error(solver, 320) == pytest.approx(2**order, rel=0.15)


def test_second_order_solvers_beat_euler_at_the_same_number_of_evaluations():
    euler, heun, two_m = error("euler", 40), error("heun", 20), error("dpmpp_2m", 40)
    assert two_m < euler / 5
    assert heun < euler / 1.5


@pytest.mark.parametrize(("solver", "evaluations"), [("euler", 10), ("heun", 19), ("dpmpp_2m", 10)])
def test_a_solver_costs_the_evaluations_it_promises(solver, evaluations):
    calls = []

    def counting(x, sigma):
        calls.append(sigma)
        return of_gaussian(x, sigma)

    sample(counting, SamplerConfig(solver, steps=10), [1, 2], (4,), "cpu")
    assert len(calls) == evaluations
    assert all(sigma.shape == (2,) for sigma in calls)


@pytest.mark.parametrize("solver", SAMPLERS)
def test_a_seed_gives_the_same_record_whatever_else_is_in_the_batch(solver):
    config = SamplerConfig(solver, steps=5)
    together = sample(of_gaussian, config, [5, 6, 7], (2, 16), "cpu")
    alone = sample(of_gaussian, config, [6], (2, 16), "cpu")
    assert torch.equal(together[1:2], alone)
    assert not torch.equal(together[0], together[1])


def test_noise_needs_a_seed():
    with pytest.raises(BadInput, match="at least one seed"):
        initial_noise([], (8, 10))


def test_drawing_noise_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    assert initial_noise([1, 2], (8, 10)).shape == (2, 8, 10)
    assert torch.equal(torch.get_rng_state(), state)


def test_dpmpp_2m_agrees_with_diffusers():
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.EDMDPMSolverMultistepScheduler(
        sigma_min=0.002, sigma_max=80.0, sigma_data=0.5, rho=7.0, solver_order=2, final_sigmas_type="zero"
    )
    scheduler.set_timesteps(12)
    sigmas = karras_sigmas(12, 0.002, 80.0, 7.0)
    torch.testing.assert_close(scheduler.sigmas, sigmas)

    x = theirs = initial_noise([0, 1, 2], (2, 8)) * 80.0
    for timestep, sigma in zip(scheduler.timesteps, sigmas[:-1], strict=True):
        # diffusers applies EDM's skip and scale itself: hand it the network output that yields the exact guess.
        variance = sigma**2 + 0.5**2
        raw = (of_two_peaks(theirs, sigma.expand(3)) - 0.25 / variance * theirs) * variance.sqrt() / (sigma * 0.5)
        theirs = scheduler.step(raw, timestep, theirs).prev_sample
    torch.testing.assert_close(sample_dpmpp_2m(of_two_peaks, x, sigmas), theirs, rtol=1e-3, atol=1e-3)
