"""Images: decoding one safely, the Arrow shard format, the torch dataset over it."""
