"""What the gateway writes down about itself; never a production row."""
