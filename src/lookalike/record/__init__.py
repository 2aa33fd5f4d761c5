"""What a finished run has to show: the report, MLflow."""
