import made_up

from ecg_forge.reporting.markdown import results_page


def page() -> str:
    run = {
        "provenance": {"code": "0.1.0", "machine": "Linux, 2 cores", "started": "2026-01-02T03:04:05+00:00"},
        "data": {
            "version": "1.0.3",
            "sampling_rate_hz": 100,
            "records": 4000,
            "patients": 3712,
            "records_by_split": {"train": 3200, "val": 400, "test": 400},
        },
        "parameters": {
            "classifier": {"model": "resnet1d_wang", "task": "all"},
            "denoiser": {"model": "unet1d_tiny"},
            "synthesis": {"plan": {"targets": [{"statement": "WPW", "count": 5}]}},
        },
    }
    metrics = {arm: made_up.metrics_table(place) for place, arm in enumerate(made_up.ARMS)}
    return results_page(metrics, {"baseline": made_up.comparison_table()}, run)


def test_the_page_names_data_models_machine_and_day() -> None:
    text = page()
    assert "4,000 records of 3,712 patients (3,200 train, 400 val, 400 test), 100 Hz" in text
    assert "`resnet1d_wang`, task `all`; denoiser `unet1d_tiny`. Linux, 2 cores; 2026-01-02." in text


def test_the_page_holds_scores_and_differences_of_averages_and_targets() -> None:
    lines = page().splitlines()
    assert any(line.startswith("| augmented | macro, all labels (") for line in lines)
    assert any("| augmented |" in line and "+0.004 | −0.010 to +0.018" in line for line in lines)
    assert any(line.startswith("| WPW | average precision | augmented") for line in lines)
    header = next(line for line in lines if line.startswith("| Arm |"))
    rule = lines[lines.index(header) + 1]
    assert rule.count("|") == header.count("|")
