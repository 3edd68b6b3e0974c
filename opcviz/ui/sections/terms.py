"""Entries of the glossary: data, answers and attackers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANSWERS", "AS_RETRAINED", "ATTACKS", "DATA", "Term"]


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
        rule: by which a word of the verdict is said.
    """

    name: str
    what: str
    formula: str = ""
    range: str = ""
    good: str = ""
    source: str = ""
    rule: str = ""

    def words(self) -> str:
        """The whole entry as one paragraph of Markdown."""
        parts = [f"**{self.name}**: {self.what}"]
        for label, text in (
            ("Formula", self.formula),
            ("Range", self.range),
            ("Decided", self.rule),
            ("Read it", self.good),
            ("Source", self.source),
        ):
            if text:
                parts.append(f"*{label}*: {text}")
        return "  \n".join(parts)

    def told(self) -> str:
        """What it is and how it is decided, as plain text for a label."""
        return f"{self.name}: {self.what}" + (f" Decided: {self.rule}" if self.rule else "")


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
        good="what lies inside is similarity between classes, or generalisation to new pictures, "
        "and not memory",
    ),
    "beside retrained models": Term(
        "Beside 2 (or more) retrained models",
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
    "ReLU": Term(
        "Rectified linear unit (ReLU)",
        "a part of the network that passes what is positive and nothing else; one that is off for "
        "a picture passes no gradient either.",
    ),
    "MiB": Term("Mebibyte (MiB)", "2^20 bytes of memory, a little more than a megabyte."),
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
        "one forgotten class it is 100 %, so there neither attacker tells by this figure: read "
        "relearning, and the blocks before the last.",
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
        "the data that an attacker fits a map on. Who holds retained data alone has the original "
        "network, too, but no forgotten picture: what comes back beyond pixels and retrained "
        "models was in the model.",
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
        "Affine, or linear, map",
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
        "Furthest attacker",
        "of all attackers the one who comes farthest beyond what would count as a difference for "
        "them; others may get a larger share, from retrained models, too.",
    ),
    "asked as it is": Term(
        "Asked as it is", "the simplest attacker: they ask the model and do nothing else."
    ),
    "pixels": Term(
        "Pixels",
        "what the best of these maps (affine, RBF, MLP) gets from the bare pictures, without the "
        "unlearned model; drawn dotted. With retained data alone it still uses the original's "
        "last layer.",
        good="what is not above it needs no unlearned model",
    ),
    "floor": Term(
        "Floor", "what an attacker gets without a trained model: from pixels or random weights."
    ),
    "luck": Term(
        "Luck",
        "how many answers would be right if they had nothing to do with the pictures.",
        good="what is not above it is no knowledge",
    ),
    "few-shot": Term(
        "Few-shot recovery",
        "an attacker names a forgotten class by a few pictures of it: each answer is the class "
        "whose mean is nearest among what a block computes, after what varies within retained "
        "classes is divided out. No weight is changed.",
        range="0 to 100 % of forgotten pictures they were not given",
        good=AS_RETRAINED + ", which get the same pictures",
    ),
    "masked": Term(
        "Masked answers",
        "an attacker counts the answers for the forgotten classes alone, and takes the one with "
        "the greatest logit, or the least; *centred*: less the class's mean over the pictures "
        "asked. Nothing is fitted.",
        range="0 to 100 % of unseen forgotten pictures",
        good=AS_RETRAINED + ", which never learnt to tell these classes apart",
    ),
    "own head": Term(
        "Own last layer, pixels before it",
        "an attacker replaces the body: an affine map from raw pixels to what the model's last "
        "layer sees is fitted on retained pictures alone, and the model's own last layer then "
        "names a forgotten class, as with masked answers. Who only moved what the body computes "
        "left the classes in that layer. *Standardised*: each class's output less its mean over "
        "the pictures asked, over its deviation; there the map may be RBF, too.",
        range="0 to 100 % of unseen forgotten pictures",
        good=AS_RETRAINED + ", whose last layer never learnt these classes",
    ),
    "slope": Term(
        "Slope for dead units",
        "a unit that is off says nothing, though the weights before it may still hold the classes. "
        "An attacker lets each pass a tenth of what it is given below 0, trains nothing, and fits "
        "maps on what the blocks then compute.",
        range="0 to 100 % of forgotten pictures they were not given",
        good=AS_RETRAINED + ", whose units were never silenced",
    ),
    "transfer": Term(
        "Transfer to near classes",
        "classes of another data set are learnt from what a block computes, by k-NN or a linear "
        "probe. Near are those that the original takes for forgotten ones. No weight is changed.",
        range="0 to 100 % of unseen pictures of those classes",
        good=AS_RETRAINED + ", for near classes and for far ones",
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
