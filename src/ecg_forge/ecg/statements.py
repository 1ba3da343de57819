"""The 71 SCP-ECG statements used in PTB-XL, in alphabetical order: the one registry of label names.

Codes, descriptions, kinds and aggregation follow PTB-XL 1.0.3 (Wagner et al. 2022, doi:10.13026/kfzx-aw45, CC BY 4.0),
file ``scp_statements.csv``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """One SCP-ECG statement: its code, what it means, its kinds and, if diagnostic, where it is aggregated to."""

    code: str
    description: str
    kinds: str  # letters of D (diagnostic), F (form), R (rhythm)
    superclass: str = ""
    subclass: str = ""

    @property
    def diagnostic(self) -> bool:
        return "D" in self.kinds

    @property
    def form(self) -> bool:
        return "F" in self.kinds

    @property
    def rhythm(self) -> bool:
        return "R" in self.kinds


STATEMENTS: tuple[Statement, ...] = (
    Statement("1AVB", "first degree AV block", "D", "CD", "_AVB"),
    Statement("2AVB", "second degree AV block", "D", "CD", "_AVB"),
    Statement("3AVB", "third degree AV block", "D", "CD", "_AVB"),
    Statement("ABQRS", "abnormal QRS", "F"),
    Statement("AFIB", "atrial fibrillation", "R"),
    Statement("AFLT", "atrial flutter", "R"),
    Statement("ALMI", "anterolateral myocardial infarction", "D", "MI", "AMI"),
    Statement("AMI", "anterior myocardial infarction", "D", "MI", "AMI"),
    Statement("ANEUR", "ST-T changes compatible with ventricular aneurysm", "D", "STTC", "STTC"),
    Statement("ASMI", "anteroseptal myocardial infarction", "D", "MI", "AMI"),
    Statement("BIGU", "bigeminal pattern (unknown origin, SV or Ventricular)", "R"),
    Statement("CLBBB", "complete left bundle branch block", "D", "CD", "CLBBB"),
    Statement("CRBBB", "complete right bundle branch block", "D", "CD", "CRBBB"),
    Statement("DIG", "digitalis-effect", "DF", "STTC", "STTC"),
    Statement("EL", "electrolytic disturbance or drug (former EDIS)", "D", "STTC", "STTC"),
    Statement("HVOLT", "high QRS voltage", "F"),
    Statement("ILBBB", "incomplete left bundle branch block", "D", "CD", "ILBBB"),
    Statement("ILMI", "inferolateral myocardial infarction", "D", "MI", "IMI"),
    Statement("IMI", "inferior myocardial infarction", "D", "MI", "IMI"),
    Statement("INJAL", "subendocardial injury in anterolateral leads", "D", "MI", "AMI"),
    Statement("INJAS", "subendocardial injury in anteroseptal leads", "D", "MI", "AMI"),
    Statement("INJIL", "subendocardial injury in inferolateral leads", "D", "MI", "IMI"),
    Statement("INJIN", "subendocardial injury in inferior leads", "D", "MI", "IMI"),
    Statement("INJLA", "subendocardial injury in lateral leads", "D", "MI", "AMI"),
    Statement("INVT", "inverted T-waves", "F"),
    Statement("IPLMI", "inferoposterolateral myocardial infarction", "D", "MI", "IMI"),
    Statement("IPMI", "inferoposterior myocardial infarction", "D", "MI", "IMI"),
    Statement("IRBBB", "incomplete right bundle branch block", "D", "CD", "IRBBB"),
    Statement("ISCAL", "ischemic in anterolateral leads", "D", "STTC", "ISCA"),
    Statement("ISCAN", "ischemic in anterior leads", "D", "STTC", "ISCA"),
    Statement("ISCAS", "ischemic in anteroseptal leads", "D", "STTC", "ISCA"),
    Statement("ISCIL", "ischemic in inferolateral leads", "D", "STTC", "ISCI"),
    Statement("ISCIN", "ischemic in inferior leads", "D", "STTC", "ISCI"),
    Statement("ISCLA", "ischemic in lateral leads", "D", "STTC", "ISCA"),
    Statement("ISC_", "non-specific ischemic", "D", "STTC", "ISC_"),
    Statement("IVCD", "non-specific intraventricular conduction disturbance (block)", "D", "CD", "IVCD"),
    Statement("LAFB", "left anterior fascicular block", "D", "CD", "LAFB/LPFB"),
    Statement("LAO/LAE", "left atrial overload/enlargement", "D", "HYP", "LAO/LAE"),
    Statement("LMI", "lateral myocardial infarction", "D", "MI", "LMI"),
    Statement("LNGQT", "long QT-interval", "DF", "STTC", "STTC"),
    Statement("LOWT", "low amplitude T-waves", "F"),
    Statement("LPFB", "left posterior fascicular block", "D", "CD", "LAFB/LPFB"),
    Statement("LPR", "prolonged PR interval", "F"),
    Statement("LVH", "left ventricular hypertrophy", "D", "HYP", "LVH"),
    Statement("LVOLT", "low QRS voltages in the frontal and horizontal leads", "F"),
    Statement("NDT", "non-diagnostic T abnormalities", "DF", "STTC", "STTC"),
    Statement("NORM", "normal ECG", "D", "NORM", "NORM"),
    Statement("NST_", "non-specific ST changes", "DF", "STTC", "NST_"),
    Statement("NT_", "non-specific T-wave changes", "F"),
    Statement("PAC", "atrial premature complex", "F"),
    Statement("PACE", "normal functioning artificial pacemaker", "R"),
    Statement("PMI", "posterior myocardial infarction", "D", "MI", "PMI"),
    Statement("PRC(S)", "premature complex(es)", "F"),
    Statement("PSVT", "paroxysmal supraventricular tachycardia", "R"),
    Statement("PVC", "ventricular premature complex", "F"),
    Statement("QWAVE", "Q waves present", "F"),
    Statement("RAO/RAE", "right atrial overload/enlargement", "D", "HYP", "RAO/RAE"),
    Statement("RVH", "right ventricular hypertrophy", "D", "HYP", "RVH"),
    Statement("SARRH", "sinus arrhythmia", "R"),
    Statement("SBRAD", "sinus bradycardia", "R"),
    Statement("SEHYP", "septal hypertrophy", "D", "HYP", "SEHYP"),
    Statement("SR", "sinus rhythm", "R"),
    Statement("STACH", "sinus tachycardia", "R"),
    Statement("STD_", "non-specific ST depression", "F"),
    Statement("STE_", "non-specific ST elevation", "F"),
    Statement("SVARR", "supraventricular arrhythmia", "R"),
    Statement("SVTAC", "supraventricular tachycardia", "R"),
    Statement("TAB_", "T-wave abnormality", "F"),
    Statement("TRIGU", "trigeminal pattern (unknown origin, SV or Ventricular)", "R"),
    Statement("VCLVH", "voltage criteria (QRS) for left ventricular hypertrophy", "F"),
    Statement("WPW", "Wolf-Parkinson-White syndrome", "D", "CD", "WPW"),
)

CODES: tuple[str, ...] = tuple(statement.code for statement in STATEMENTS)
SUPERCLASSES: tuple[str, ...] = ("NORM", "MI", "STTC", "CD", "HYP")
SUBCLASSES: tuple[str, ...] = tuple(sorted({s.subclass for s in STATEMENTS if s.diagnostic}))
