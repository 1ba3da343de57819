import pandas as pd

from ecg_forge.reporting.paper_page import paper_page


def page() -> str:
    reading = {"layout": "3x4r", "strength": "strong", "mask": "found", "signals": 36, "snr_db": 15.24}
    measured = {"snr_db_p10": 8.0, "at_least_25_db": 0.125, "correlation": 0.98765, "mae_mv": 0.0213}
    summary = pd.DataFrame([{**reading, **measured, "lead": lead} for lead in ("all", "V6")])
    pixels = {"layout": "3x4r", "strength": "strong", "class": "trace", "dice": 0.8765, "iou": 0.78, "share": 0.01}
    return paper_page(summary, pd.DataFrame([pixels]), pd.DataFrame({"seconds": [30.0, 90.0]}), "val")


def test_it_says_how_many_records_were_read_and_how_long_the_segmenter_learned() -> None:
    assert "3 records of split `val`" in page()
    assert "2 epochs, 2 minutes" in page()


def test_a_row_holds_the_errors_over_all_leads_and_single_leads_have_none() -> None:
    assert [line for line in page().splitlines() if line.startswith("| 3x4r | strong | found")] == [
        "| 3x4r | strong | found | 15.2 | 8.0 | 0.12 | 0.9877 | 21.3 |"
    ]


def test_the_overlap_of_each_class_stands_below() -> None:
    assert "| 3x4r | strong | trace | 0.876 | 0.780 | 0.010 |" in page()
