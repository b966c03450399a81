"""Nouns everyone may use; imports nothing of ours."""
