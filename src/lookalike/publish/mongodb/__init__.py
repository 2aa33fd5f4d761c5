"""The index in MongoDB: versions side by side, and a pointer to the current one."""
