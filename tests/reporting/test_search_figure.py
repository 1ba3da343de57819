import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.errors import BadInput
from ecg_forge.reporting.search_figure import draw_search


def trials() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trial": [1, 2, 3, 4],
            "state": ["complete", "pruned", "complete", "pruned"],
            "val_auc": [0.8, 0.7, 0.9, np.nan],
            "learning_rate": [0.001, 0.1, 0.01, 0.5],
            "gradient_clip": [None, "1.0", None, "1.0"],
        }
    )


def settings_lines(axes) -> list[np.ndarray]:
    return [np.asarray(line.get_ydata()) for line in axes.get_lines()]


def test_each_trial_with_an_auc_is_a_line_over_the_settings_and_the_best_one_is_drawn_again() -> None:
    _, settings = draw_search(trials(), ["learning_rate", "gradient_clip"], ["learning_rate"]).axes
    lines = settings_lines(settings)
    np.testing.assert_allclose(lines, [[1, 0, 0], [0, 1, 0.5], [0.5, 1, 1], [0.5, 1, 1]], atol=1e-12)
    texts = {text.get_text() for text in settings.texts}
    assert texts == {"0.001", "0.1", "none", "1.0", "0.7", "0.9"}


def test_the_best_so_far_never_falls() -> None:
    history, _ = draw_search(trials(), ["learning_rate"], []).axes
    best = next(line for line in history.get_lines() if line.get_label() == "best so far")
    assert list(best.get_ydata()) == [0.8, 0.9]


def test_a_search_without_any_auc_is_refused() -> None:
    with pytest.raises(BadInput, match="nothing to draw"):
        draw_search(trials().assign(val_auc=np.nan), ["learning_rate"], [])
