import torch
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.review.outliers import NEIGHBORS, distances_to, outlier_findings


def test_an_image_unlike_all_others_is_an_outlier(digits: tuple[Tensor, Tensor]) -> None:
    noise = torch.rand((3, 64), generator=torch.Generator().manual_seed(0))
    vectors = torch.cat([digits[0], normalize(noise)])
    findings = outlier_findings(vectors)
    assert {finding.row for finding in findings[:3]} == {1797, 1798, 1799}
    assert len(findings) < 0.05 * len(vectors)
    assert all(finding.row not in finding.examples for finding in findings)


def test_images_of_an_unknown_kind_are_farther_than_known_ones(
    digits: tuple[Tensor, Tensor],
) -> None:
    vectors, targets = digits
    gallery, known, foreign = (
        vectors[(targets != 6)][::2],
        vectors[(targets != 6)][1::2],
        vectors[targets == 6],
    )
    of_known, of_foreign = (distances_to(some, gallery)[0] for some in (known, foreign))
    auc = (of_foreign[:, None] > of_known[None]).mean()
    assert auc > 0.9


def test_of_few_images_none_is_an_outlier(digits: tuple[Tensor, Tensor]) -> None:
    assert outlier_findings(digits[0][:NEIGHBORS]) == []
