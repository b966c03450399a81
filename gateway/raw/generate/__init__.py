"""Stage 3: spend the budget: measure with noise, fit, sample."""
