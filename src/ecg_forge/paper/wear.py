"""What happens to a sheet before it is photographed: the print fades, somebody writes on it, it is folded.

Images are float32 ``(row, column, 3)``, 0 to 255.
"""

import numpy as np

_PENS = ((28, 52, 140), (20, 22, 30), (160, 30, 34))  # blue, black, red


def smooth_field(generator: np.random.Generator, size: tuple[int, int], cells: int) -> np.ndarray:
    """Return a smooth random surface from 0 to 1 with about so many bumps along its longer side, float32."""
    import torch
    from torch.nn.functional import interpolate

    longest = max(size)
    coarse = [max(2, round(cells * length / longest)) for length in size]
    bumps = torch.from_numpy(generator.random(coarse, dtype=np.float32))
    return interpolate(bumps[None, None], size=size, mode="bicubic", align_corners=True)[0, 0].clamp(0, 1).numpy()


def fade(image: np.ndarray, paper: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """Bleach the print towards the colour of the paper, in patches; ``share`` is lost where it is worst."""
    lost = share * smooth_field(generator, image.shape[:2], cells=6)[..., None]
    return image + lost * (paper - image)


def write_notes(image: np.ndarray, count: int, px_per_mm: float, generator: np.random.Generator) -> np.ndarray:
    """Write ``count`` illegible words by hand."""
    from PIL import Image, ImageDraw

    canvas = Image.fromarray(image.round().clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(canvas)
    width = round(0.5 * px_per_mm)
    for _ in range(count):
        word = _scribble(generator) * px_per_mm
        room = np.array([canvas.width, canvas.height]) - np.ptp(word, axis=0)
        word += generator.uniform(0.02, 0.98, 2) * room - word.min(axis=0)
        colour = _PENS[generator.integers(len(_PENS))]
        pen.line([tuple(point) for point in word], fill=colour, width=width, joint="curve")
    return np.asarray(canvas).astype(np.float32)


def _scribble(generator: np.random.Generator) -> np.ndarray:
    """Return the way of a pen that writes one word, ``(point, 2)`` in mm: a loop or an arch for each letter."""
    letters = generator.integers(4, 10)
    time = np.linspace(0, letters, 24 * letters)
    knots = np.arange(letters + 1)
    height = np.interp(time, knots, generator.choice([0.9, 1.1, 2.6], letters + 1))
    loop = np.interp(time, knots, generator.uniform(-0.3, 1.0, letters + 1))
    bend = np.interp(time, knots, generator.uniform(-0.7, 0.7, letters + 1))
    phase = 2 * np.pi * time
    x = 2.1 * time + loop * np.cos(phase + 0.6)
    y = -height * (1 + np.sin(phase)) + bend * np.sin(2 * phase) + generator.uniform(-0.15, 0.15) * x
    return np.stack([x, y], axis=1)


def fold(image: np.ndarray, count: int, depth: float, px_per_mm: float, generator: np.random.Generator) -> np.ndarray:
    """Shade ``count`` creases that run across the page: one side dark, the other bright; the paper stays flat."""
    height, width = image.shape[:2]
    y, x = np.ogrid[0:height, 0:width]
    light = np.ones((height, width), dtype=np.float32)
    for _ in range(count):
        angle = generator.choice([0, np.pi / 2]) + generator.normal(0, 0.1)
        middle = generator.uniform(0.15, 0.85, 2) * (width, height)
        away = (x - middle[0]) * np.sin(angle) - (y - middle[1]) * np.cos(angle)
        across = (away / (generator.uniform(0.4, 1.2) * px_per_mm)).astype(np.float32)
        light *= 1 - depth * np.exp(-(across**2)) + 0.6 * depth * np.exp(-((across - 2) ** 2))
    return image * light[..., None]
