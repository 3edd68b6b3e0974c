"""The chapters' titles: all that other pages need to know of the tour."""

__all__ = ["TITLES"]

TITLES = (
    "Hidden or gone?",
    "What UMAP hides",
    "The attacker without a forgotten picture",
    "Floors and the constant answer",
    "One class against three",
    "Entropy and norm",
    "Does it still draw?",
    "Inversion and dead gradients",
)
