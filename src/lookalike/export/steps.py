"""How an image file becomes the input of a graph, in words, for whoever does it anew."""

from lookalike.model.description import ModelDescription


def preprocessing_steps(description: ModelDescription) -> list[str]:
    """One sentence a step; `lookalike.model.preprocessing` is what they describe."""
    size, bands = description.image_size, description.bands
    if bands is None:
        decoded = "Decode the first frame as 8-bit sRGB, upright, transparency composited."
        given = "Give red, green and blue as uint8, channels first; the graph normalizes."
    else:
        which = "all bands" if bands.chosen == "all" else f"the bands {list(bands.chosen)}"
        decoded = f"Read {which}, numbered from 1, as float32 in the file's own units."
        given = "Give the bands channels first; the graph normalizes."
    method = f"{size.interpolation} with antialiasing, as Pillow's Image.resize"
    if size.resize == "squash":
        resized = [f"Resize to {size.crop} x {size.crop} pixels, {method}."]
    else:
        resized = [
            f"Resize the shorter side to {size.resize} pixels, {method}.",
            f"Cut out the center, {size.crop} x {size.crop} pixels.",
        ]
    return [decoded, *resized, given]
