"""A fair comparison of methods: equal trials, equal compute."""
