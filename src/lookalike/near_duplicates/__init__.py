"""Which images are nearly the same picture."""
