"""Stage `ingest`: from a source of images to Arrow shards."""
