"""Stage `index`: the searchable bundle, and how much it loses against exact search."""
