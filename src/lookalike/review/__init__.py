"""Data quality: what in a data set is likely wrong, and whether new images are like the others."""
