"""What this machine has, and which parameters suit it."""
