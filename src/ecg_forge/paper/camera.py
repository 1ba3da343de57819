"""What light and camera do to a picture of a page: table, shadow, exposure, blur, noise, JPEG.

Images are float32 ``(row, column, 3)``, 0 to 255.
"""

import io

import numpy as np

from ecg_forge.paper.wear import smooth_field

_TABLES = ((112, 78, 52), (146, 120, 92), (70, 72, 76), (168, 170, 172), (52, 62, 84), (196, 190, 180))


def table_top(generator: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Return the surface a page lies on: one colour, with grain along x."""
    colour = np.array(_TABLES[generator.integers(len(_TABLES))]) + generator.normal(0, 8, 3)
    height, width = size
    grain = np.repeat(smooth_field(generator, (height, 64), cells=160), -(-width // 64), axis=1)[:, :width]
    patches = smooth_field(generator, size, cells=5)
    tone = 0.8 + 0.2 * grain + 0.2 * patches
    return (tone[..., None] * colour).astype(np.float32)


def shine(image: np.ndarray, shadow: float, unevenness: float, generator: np.random.Generator) -> np.ndarray:
    """Light a picture unevenly, and let a shadow with a soft edge fall over one side of it."""
    height, width = image.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    towards = generator.uniform(0, 2 * np.pi, 2)
    slope = (x * np.cos(towards[0]) + y * np.sin(towards[0])) / np.sqrt(2)
    distance = x * np.cos(towards[1]) + y * np.sin(towards[1]) - generator.uniform(-0.3, 0.7)
    softness = generator.uniform(0.04, 0.25)
    light = (1 - unevenness * (0.5 + 0.5 * slope)) * (1 - shadow / (1 + np.exp(-distance / softness)))
    return image * light.astype(np.float32)[..., None]


def expose(image: np.ndarray, contrast: float, brightness: float, warmth: float) -> np.ndarray:
    """Stretch around the middle grey, lift, and shift the white balance."""
    balance = np.array([1 + warmth, 1, 1 - warmth], dtype=np.float32)
    return ((image - 128) * np.float32(contrast) + 128 + np.float32(brightness)) * balance


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur with a Gaussian of ``sigma`` pixels."""
    from scipy.ndimage import gaussian_filter1d

    down = gaussian_filter1d(image, sigma, axis=0, truncate=3)
    return np.asarray(gaussian_filter1d(down, sigma, axis=1, truncate=3))


def add_noise(image: np.ndarray, sigma: float, generator: np.random.Generator) -> np.ndarray:
    """Add the sensor's noise, independent between pixels and colours."""
    return image + sigma * generator.standard_normal(image.shape, dtype=np.float32)


def compress(image: np.ndarray, quality: int) -> np.ndarray:
    """Write as JPEG and read again: uint8."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image.round().clip(0, 255).astype(np.uint8)).save(buffer, format="JPEG", quality=quality)
    return np.array(Image.open(buffer))
