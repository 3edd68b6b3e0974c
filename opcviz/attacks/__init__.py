"""Attacks on an unlearned model: recovery, inversion, membership, relearning, probes."""
