"""The index in LanceDB, in a folder or in a bucket: a table a version, and a pointer."""
