"""The index in a store: versions side by side, and a pointer to the current one."""
