"""The embedding model: backbones, heads, transforms, weights, the artifact."""
