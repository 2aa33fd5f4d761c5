"""The project as a whole: its parameter file, presets, checks and results."""
