"""The group `near_duplicates` of the block `split`; docs/near-duplicates.md has the reasons."""

from pydantic import Field

from lookalike.core.group import Group


class NearDuplicates(Group):
    """How alike two images have to be to be kept in the same subset."""

    max_hash_distance: int = Field(
        default=14, ge=0, le=24, description="bits of 64 in which perceptual hashes may differ"
    )
    max_pixel_difference: float = Field(
        default=0.5, gt=0, le=1, description="0 for the same picture, about 1 for two others"
    )
    max_group_size: int = Field(
        default=50, ge=2, description="images; links that would make a larger group are refused"
    )
