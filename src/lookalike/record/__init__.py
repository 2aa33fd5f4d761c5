"""What a finished run has to show: the report, the cards, MLflow."""
