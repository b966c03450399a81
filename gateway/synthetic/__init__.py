"""May only see synthetic data."""
