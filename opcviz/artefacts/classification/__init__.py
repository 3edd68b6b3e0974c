"""The kinds of artefact of classifiers, one file each."""
