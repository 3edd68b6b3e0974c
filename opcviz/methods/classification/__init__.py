"""Methods that need classes, logits or the body|head split of a classifier."""
