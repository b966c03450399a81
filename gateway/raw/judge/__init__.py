"""Stage 4: attack the synthetic tables with the real rows; measure their use."""
