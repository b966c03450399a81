"""Gateway: production databases in, differentially private synthetic tables out."""
