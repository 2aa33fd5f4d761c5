"""The query side: what looks like this image?"""
