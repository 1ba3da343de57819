"""ECG Forge: from PTB-XL to an honest answer about synthetic ECGs of rare diagnoses."""

__version__ = "0.1.0"
