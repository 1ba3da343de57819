"""Wiring of data_engineering: PhysioNet's files in, tables, signals and data card out."""

from kedro.pipeline import Pipeline

from ecg_forge.pipelines.data_engineering import nodes
from ecg_forge.pipelines.step import step


def create_pipeline() -> Pipeline:
    config = "params:data_engineering"
    return Pipeline(
        [
            step(nodes.tabulate_records, ["ptbxl_metadata", config], "candidate_records"),
            step(nodes.inspect_recordings, ["candidate_records", "ptbxl_recordings", config], "signal_quality"),
            step(nodes.keep_usable_records, ["candidate_records", "signal_quality", config], "records"),
            step(nodes.encode_labels, ["records", "ptbxl_metadata", config], "labels"),
            step(nodes.describe_labels, "ptbxl_scp_statements", "label_set"),
            step(nodes.decode_signals, ["records", "ptbxl_recordings", config], "signals"),
            step(nodes.measure_normaliser, ["records", "signals"], "normaliser"),
            step(nodes.measure_features, "signals", "features"),
            step(nodes.find_r_peaks, "signals", "beats"),
            step(
                nodes.make_data_card,
                ["ptbxl_metadata", "records", "labels", "signal_quality", "ptbxl_recordings", config],
                "data_card",
            ),
            step(nodes.draw_label_counts, "data_card", "label_counts_figure"),
        ]
    )
