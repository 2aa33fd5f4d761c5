"""Stage `train`: fine-tune a backbone with an embedding head."""
