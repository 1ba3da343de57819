"""What PTB-XL's licence asks of everything made from it, and what a reader of a synthetic ECG must be told."""

PTBXL_ATTRIBUTION = """\
Trained on PTB-XL 1.0.3, licensed CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/):
Wagner, P., Strodthoff, N., Bousseljot, R., Samek, W., Schaeffter, T. (2022). PTB-XL, a large publicly available
electrocardiography dataset (version 1.0.3). PhysioNet. https://doi.org/10.13026/kfzx-aw45
Wagner, P., Strodthoff, N., Bousseljot, R.-D., Kreiseler, D., Lunze, F.I., Samek, W., Schaeffter, T. (2020). PTB-XL, a
large publicly available electrocardiography dataset. Scientific Data 7, 154. https://doi.org/10.1038/s41597-020-0495-6
Changes: a network learned from the recordings of folds 1 to 8; no recording is part of it."""

CLASSIFIER_NOTICE = "For research only: no medical device, and nothing to judge a patient by."
SYNTHETIC_NOTICE = "These ECGs are synthetic: they were recorded from nobody and must not be used to judge a patient."
