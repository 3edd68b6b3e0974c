"""Entries of the glossary: judges, membership, maps and the verdict."""

from __future__ import annotations

from .terms import ANSWERS, AS_RETRAINED, ATTACKS, DATA, Term

__all__ = ["ENTRIES"]

AUC_RANGE = "0 to 1; 0.5 is guessing"
SIGNS = {
    "AUC": Term(
        "Area under the curve (AUC)",
        "how well a score tells two groups apart: the chance that a member of the first scores "
        "higher than one of the second.",
        range=AUC_RANGE,
        good=AS_RETRAINED,
    ),
    "ASR": Term(
        "Attack success rate (ASR)",
        "how often a planted trigger turns the answer to its class: percent of test pictures that "
        "bear it.",
        range="0 to 100 %",
        good="as in the retrained model",
    ),
    "AUROC": Term(
        "Area under the receiver operating characteristic (AUROC)",
        "the same as AUC: how well a score tells two groups apart.",
        range=AUC_RANGE,
        good=AS_RETRAINED,
    ),
    "ROC": Term(
        "Receiver operating characteristic (ROC)",
        "a curve of members found against others wrongly accused, over all thresholds.",
    ),
    "TPR": Term("True positive rate (TPR)", "the share of members that an attack finds."),
    "FPR": Term(
        "False positive rate (FPR)", "the share of non-members that an attack wrongly accuses."
    ),
    "separability": Term(
        "Separability",
        "how well a judge tells forgotten from retained pictures by what the model computes.",
        "AUC of unseen pictures",
        AUC_RANGE,
        "above the retrained models it shows that something was unlearned",
    ),
    "NN": Term(
        "Nearest neighbours (k-NN)",
        "a judge who looks at the k known samples nearest to a picture; 15-NN at fifteen.",
    ),
    "SVC": Term(
        "Support vector classifier (SVC)",
        "a judge who learns where the model's confidence changes from seen to unseen data.",
        range="0 to 100 % of the forgotten data judged unseen",
        good=AS_RETRAINED,
        source="arXiv 2310.12508",
    ),
    "LiRA": Term(
        "Likelihood-ratio attack (LiRA)",
        "compares a model's confidence on a sample with models that were and were not trained on "
        "it (online), with the latter alone (offline), or beyond how sure each model is of data "
        "nobody saw (calibrated). The two-sided distance is how far an answer is from theirs.",
        "log density under the first minus log density under the second",
        AUC_RANGE,
        "0.5: answers as of a model that never saw the data",
        "arXiv 2112.03570",
    ),
    "U-LiRA": Term(
        "U-LiRA",
        "the same with models that the attacker unlearned themselves; it takes many of them and "
        "is made on request.",
        range=AUC_RANGE,
        good="0.5: not told from a retrained model",
        source="arXiv 2403.01218",
    ),
    "RMIA": Term(
        "Robust membership inference attack (RMIA)",
        "asks whether an answer is raised more than those on data nobody trained on.",
        "share of unseen samples whose likelihood ratio is smaller",
        AUC_RANGE,
        "0.5: as unseen; below: less sure of the forgotten data than a model that never saw them",
        "arXiv 2312.03262",
    ),
    "ε": Term(
        "Per-sample ε",
        "how far apart unlearned and retrained models answer on one sample.",
        "the best threshold's log(TPR / FPR) or log((1 − FPR) / (1 − TPR))",
        "0 upwards",
        "0: no difference; beside it stands what pure chance gives",
        "arXiv 2406.09073",
    ),
    "CKA": Term(
        "Centred kernel alignment (CKA)",
        "how alike two models' features are, up to rotation and scale.",
        "‖AᵀB‖² / (‖AᵀA‖ · ‖BᵀB‖), features centred",
        "0 to 1",
        "1: the same; to the retrained model it should be high",
        "arXiv 1905.00414",
    ),
    "IDI": Term(
        "Information difference index (IDI)",
        "how much more than the retrained model the blocks tell of whether a picture is one of "
        "the forgotten, in bits.",
        "(bits − retrained bits) / (original bits − retrained bits), summed over blocks",
        "0 as the retrained model, 1 as the original; it can lie outside",
        "near 0",
        "arXiv 2405.17878; the estimate of the bits is ours",
    ),
    "bits": Term(
        "Bits",
        "how much a block tells of whether a picture is one of the forgotten; a lower bound.",
        "entropy of the question minus what a fitted judge leaves open",
        "0 to the entropy of the question",
        AS_RETRAINED,
    ),
}
MAPS = {
    "depth": Term(
        "Depth",
        "the earliest block from which on no map gets clearly more than from retrained models. "
        "Forgetting that reaches the last layer alone is shallow.",
        good="the earlier the block, the deeper",
    ),
    "radius ratio": Term(
        "Radius ratio",
        "how wide the forgotten features are beside the retained ones.",
        "root mean square distance to the own centre, forget ÷ retain",
        "0 (a point) upwards",
        "compared with retrained models; far below them it is a sign of contraction",
    ),
    "norm ratio": Term(
        "Norm ratio",
        "how long the forgotten feature vectors are beside the retained ones.",
        "mean length, forget ÷ retain",
        "0 (at the origin) upwards",
        AS_RETRAINED,
    ),
    "effective rank": Term(
        "Effective rank",
        "in how many directions the forgotten features spread.",
        "exp(−Σ p log p), p the shares of variance",
        "1 to the number of features; none for a point",
        AS_RETRAINED,
        "Roy & Vetterli 2007",
    ),
    "one spot": Term(
        "One spot",
        "samples within 1 % of the median class radius of each other are drawn as one mark; they "
        "need not get the same answer.",
    ),
    "densMAP": Term(
        "densMAP",
        "like UMAP, but keeps density: a contracted set is drawn as a small dot.",
        source="Narayan, Berger & Cho 2021",
    ),
    "PCA": Term(
        "Principal component analysis (PCA)",
        "the two directions along which features vary most; here not centred, so the cross is "
        "the origin. A plane shows the size of a set only in part: the line below the map has it.",
    ),
    "gradient inversion": Term(
        "Gradient inversion",
        "searching for the picture that leaves a given gradient in the model. A good picture "
        "says that a gradient is alive, not that the picture was remembered.",
        source="arXiv 2003.14053, 2404.03233",
    ),
    "SSIM": Term(
        "Structural similarity (SSIM)",
        "how alike two pictures are in local structure.",
        range="−1 to 1; 1 for a copy",
        good="compared with the average picture of the class",
        source="Wang et al. 2004",
    ),
    "gradient masked": Term(
        "Gradient masked",
        "no gradient reaches the pictures, and yet they can be rebuilt another way. Retrained and "
        "untrained networks give as much from their blocks, so a missing gradient is evidence "
        "neither of forgetting nor of memory.",
    ),
}
VERDICT = {
    "verdict": Term(
        "Verdict",
        "three answers beside the retrained models: whether it is gone, whether that is "
        "noticeable, and whether the rest is kept.",
    ),
    "confidence": Term(
        "Confidence",
        "how sure the verdict is: low where a call comes near its line or there are fewer than "
        "three retrained models, medium for one seed, high where three seeds agree.",
    ),
    "fidelity": Term(
        "Fidelity mark",
        "how closely a method follows its paper: faithful, corrected (each change is listed), or "
        "ours. A verdict speaks of the method as it is here.",
    ),
    "OPC": Term(
        "One-point contraction (OPC)",
        "an unlearning method that draws all forgotten features to one point, the origin.",
        source="arXiv 2507.07754",
    ),
    "CE": Term("Cross-entropy (CE)", "the usual loss of a classifier: −log of the true class."),
    "KL": Term(
        "Kullback–Leibler (KL) divergence",
        "how far one prediction is from another; 0 for the same.",
    ),
    "SVM": Term("Support vector machine (SVM)", "a judge who draws the widest possible margin."),
    "GPU": Term(
        "Device (CPU, GPU, CUDA, MPS)",
        "where the computing is done: the main processor (CPU), or a graphics processor (GPU), "
        "reached as CUDA on NVIDIA's and MPS on Apple's.",
    ),
}
ENTRIES = {**DATA, **ANSWERS, **ATTACKS, **SIGNS, **MAPS, **VERDICT}
"""By the abbreviation or word that stands on the screen."""
