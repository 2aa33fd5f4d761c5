"""Stage `split`: which image is for training, which for validation, which for the test."""
