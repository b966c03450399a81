"""What a file in policies/ may say."""
