"""Stage `evaluate`: how well the model classifies and retrieves on the test split."""
