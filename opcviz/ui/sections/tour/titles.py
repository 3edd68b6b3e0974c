"""The chapters' titles: all that other pages need to know of the tour."""

__all__ = ["TITLES"]

TITLES = (
    "Hidden or gone?",
    "What UMAP hides",
    "The attacker who holds nothing",
    "Floors and the constant answer",
    "One class against three",
    "Entropy and norm",
    "Inversion and dead gradients",
)
