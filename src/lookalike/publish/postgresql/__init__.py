"""The index in PostgreSQL, searched by pgvector."""
