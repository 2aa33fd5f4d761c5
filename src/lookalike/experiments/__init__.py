"""Sweeps: many experiments of DVC, side by side, that look for the best parameters."""
