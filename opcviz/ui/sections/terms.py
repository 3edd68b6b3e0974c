"""Entries of the glossary: what stands on the screen, checked against the code that computes it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ENTRIES", "Term"]


@dataclass(frozen=True)
class Term:
    """One entry.

    Attributes:
        name: in full.
        what: it is, in one plain sentence.
        formula: how it is computed, in words or symbols; empty where there is none.
        range: of its values, with the unit.
        good: which direction speaks for forgetting, or what it is to be compared with.
        source: paper or book.
    """

    name: str
    what: str
    formula: str = ""
    range: str = ""
    good: str = ""
    source: str = ""

    def words(self) -> str:
        """The whole entry as one paragraph of Markdown."""
        parts = [f"**{self.name}**: {self.what}"]
        for label, text in (
            ("Formula", self.formula),
            ("Range", self.range),
            ("Read it", self.good),
            ("Source", self.source),
        ):
            if text:
                parts.append(f"*{label}*: {text}")
        return "  \n".join(parts)


AUC_RANGE = "0 to 1; 0.5 is guessing"
AS_RETRAINED = "as in the retrained models"

DATA = {
    "machine unlearning": Term(
        "Machine unlearning",
        "changing a trained model so that it becomes like one that never saw some of its data, "
        "without training it again from the start.",
        good="compared with a retrained model, which is that in fact",
    ),
    "original": Term("Original model", "the model before unlearning, trained on all the data."),
    "retrained": Term(
        "Retrained model",
        "a model trained from the start without the forgotten data: what perfect unlearning "
        "would give.",
        good="every figure is read beside it",
    ),
    "retrained band": Term(
        "Retrained band",
        "the lowest and the highest figure of the study's retrained models, one a seed; drawn "
        "shaded.",
        good="what lies inside is similarity between classes and not memory",
    ),
    "band of 2": Term(
        "Band of 2 (or 3)",
        "how many retrained models the model is compared with. A retrained model is compared "
        "with the others, so its band has one fewer.",
    ),
    "untrained": Term(
        "Untrained network",
        "the same network with random weights: what it gives needs no training at all.",
        good="a figure that is not above it shows no knowledge",
    ),
    "forget data": Term("Forget data", "the samples (often whole classes) to be unlearned."),
    "retain data": Term("Retain data", "the training data that the model should keep."),
    "test data": Term("Test data", "pictures that no model was trained on."),
    "probe set": Term(
        "Probe set", "a fixed few hundred samples, the same in every map and for every model."
    ),
    "block": Term(
        "Block",
        "a stage of the network. Pictures enter at the stem, pass stage1, stage2, stage3, and "
        "leave as features; the last layer turns these into logits.",
    ),
    "features": Term("Features", "what the network computes just before its last layer."),
    "logits": Term("Logits", "one number a class, before they are turned into probabilities."),
    "pooled": Term(
        "Pooled, unpooled",
        "a block's output averaged over the positions of the picture, or with every position "
        "kept, which tells more.",
    ),
    "seed": Term(
        "Seed", "a number that fixes initial weights and the order of the data, so runs repeat."
    ),
}
ANSWERS = {
    "forget accuracy": Term(
        "Forget accuracy",
        "how many of the forgotten training pictures the model answers right.",
        range="0 to 100 %",
        good="as in retrained models: about 0 where whole classes are forgotten, near the test "
        "accuracy where single samples are",
    ),
    "retain accuracy": Term(
        "Accuracy on what it should keep",
        "how many pictures of the retained data's kind the model answers right.",
        range="0 to 100 %",
        good="as high as in the original",
    ),
    "UA": Term(
        "Unlearning accuracy (UA)",
        "how many of the forgotten training pictures the model answers wrong.",
        "100 − forget accuracy",
        "0 to 100 %",
        AS_RETRAINED,
    ),
    "RA": Term(
        "Retain accuracy (RA)",
        "accuracy on the retained training data.",
        range="0 to 100 %",
        good=AS_RETRAINED,
    ),
    "TA": Term(
        "Test accuracy (TA)",
        "accuracy on the test data of the retained classes.",
        range="0 to 100 %",
        good=AS_RETRAINED,
    ),
    "MIA": Term(
        "Membership inference attack (MIA)",
        "judges whether a sample was in the training set. MIA-efficacy is the share of the "
        "forgotten data that the judge takes for unseen.",
        range="0 to 100 %",
        good=AS_RETRAINED + "; a judge who is right in 50 % of known cases knows nothing",
        source="SalUn's protocol, arXiv 2310.12508",
    ),
    "average gap": Term(
        "Average gap",
        "how far four usual figures are from the retrained model's.",
        "mean of |difference| over UA, RA, TA and MIA",
        "0 to 100 points",
        "0 is the retrained model's behaviour; it says nothing of what features still hold",
    ),
    "Tug-of-War": Term(
        "Tug-of-War",
        "how close three accuracies are to the retrained model's.",
        "Π (1 − |difference|) over forget, retain and test accuracy",
        "0 to 1",
        "1 is the retrained model's accuracies",
        "arXiv 2406.01257",
    ),
    "JS": Term(
        "Jensen–Shannon (JS) divergence",
        "how different two models' predicted probabilities are on the forgotten data.",
        "mean of both models' divergence from their average",
        "0 to 0.69 nats",
        "0: the same answers as the retrained model",
    ),
    "entropy": Term(
        "Entropy",
        "how unsure an answer is.",
        "−Σ p · log p over the classes",
        "0 (certain) to log of the number of classes (no idea)",
        "small logits force it to be high",
        "arXiv 2507.07754",
    ),
    "constant answer": Term(
        "Constant answer",
        "what always answering one and the same forgotten class would score; drawn dashed. With "
        "one forgotten class it is 100 %, so there only retained data alone can tell.",
        "the largest forgotten class's share of the forgotten data",
        "100 % for one class, 33 % for three equal ones",
        "what is not above it shows no knowledge",
    ),
}
ATTACKS = {
    "threat model": Term(
        "Threat model", "what an attacker is taken to hold and may do: data, models, effort."
    ),
    "fit set": Term(
        "Fit set",
        "the data that an attacker holds and fits a map on. Who holds retained data alone never "
        "had a forgotten sample, so what comes back was in the model.",
    ),
    "ridge": Term(
        "Ridge",
        "the penalty that keeps an attacker's map small (regularisation); relative to the size "
        "of the features.",
        "least squares + ridge · ‖map‖²",
        "0 (none) upwards",
        "a result that one ridge alone shows is fragile",
    ),
    "affine": Term(
        "Affine map",
        "a straight-line map: a weighted sum of its inputs plus a constant. The simplest attacker.",
    ),
    "RBF": Term(
        "Radial basis functions (RBF)",
        "a curved map that compares each picture with known ones (a kernel machine).",
    ),
    "MLP": Term(
        "Multilayer perceptron (MLP)", "a small neural network that the attacker trains as a map."
    ),
    "worst case": Term(
        "Worst case",
        "the most that any declared attacker gets, at any block, on pictures they were not given.",
        range="0 to 100 % of unseen forgotten pictures",
        good=AS_RETRAINED,
    ),
    "furthest attacker": Term(
        "Furthest attacker", "the one who gets most beyond the most they get from retrained models."
    ),
    "asked as it is": Term(
        "Asked as it is", "the simplest attacker: they ask the model and do nothing else."
    ),
    "pixels": Term(
        "Pixels",
        "what the same attacker gets from the bare pictures without any model; drawn dotted.",
        good="what is not above it needs no model",
    ),
    "floor": Term(
        "Floor", "what an attacker gets without a trained model: from pixels or random weights."
    ),
    "luck": Term(
        "Luck",
        "how many answers would be right if they had nothing to do with the pictures.",
        good="what is not above it is no knowledge",
    ),
    "relearning": Term(
        "Relearning",
        "an attacker trains the unlearned model on. How soon forgotten pictures come back tells "
        "how much was left. With blocks anew, the last ones start from fresh weights.",
        range="0 to 100 % of forgotten pictures they were not given",
        good=AS_RETRAINED + ", which get the same pictures",
    ),
    "probe": Term(
        "Probe",
        "a simple classifier fitted on a block's output: what the block still tells of classes.",
        range="0 to 100 % on held-out pictures",
        good=AS_RETRAINED,
    ),
    "SGD": Term(
        "Stochastic gradient descent (SGD)", "the usual way of training a network, step by step."
    ),
}
SIGNS = {
    "AUC": Term(
        "Area under the curve (AUC)",
        "how well a score tells two groups apart: the chance that a member of the first scores "
        "higher than one of the second.",
        range=AUC_RANGE,
        good=AS_RETRAINED,
    ),
    "AUROC": Term(
        "Area under the receiver operating characteristic (AUROC)",
        "the same as AUC.",
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
        "it.",
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
        "how much more than the retrained model the blocks tell of what is forgotten.",
        "(bits − retrained bits) / (original bits − retrained bits), summed over blocks",
        "0 as the retrained model, 1 as the original; it can lie outside",
        "near 0",
        "arXiv 2405.17878; the estimate of the bits is ours",
    ),
    "bits": Term(
        "Bits",
        "how much a block tells of whether a picture is forgotten; a lower bound.",
        "entropy of the question minus what a fitted judge leaves open",
        "0 to the entropy of the question",
        AS_RETRAINED,
    ),
}
MAPS = {
    "depth": Term(
        "Depth",
        "the earliest block from which on no map gets more than from retrained models. Forgetting "
        "that reaches the last layer alone is shallow.",
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
    "densMAP": Term(
        "densMAP",
        "like UMAP, but keeps density: a contracted set is drawn as a small dot.",
        source="Narayan, Berger & Cho 2021",
    ),
    "PCA": Term(
        "Principal component analysis (PCA)",
        "the two directions along which features vary most; here not centred, so the cross is "
        "the origin.",
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
        "no gradient reaches the pictures, and yet they can be rebuilt another way: hiding, not "
        "forgetting.",
    ),
}
VERDICT = {
    "verdict": Term(
        "Verdict",
        "three answers beside the retrained models: is it gone, is that noticeable, is the rest "
        "kept?",
    ),
    "confidence": Term(
        "Confidence",
        "how sure the verdict is: low where the closest call reaches its line or there is one "
        "retrained model, medium for one seed, high where three seeds agree.",
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
        "Device",
        "where the computing is done: the main processor (CPU), or a graphics processor (GPU), "
        "reached as CUDA on NVIDIA's and MPS on Apple's.",
    ),
}
ENTRIES = {**DATA, **ANSWERS, **ATTACKS, **SIGNS, **MAPS, **VERDICT}
"""By the abbreviation or word that stands on the screen."""
