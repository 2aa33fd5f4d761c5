"""How a network does on the validation images after an epoch."""

import math
from collections.abc import Callable, Iterable

import torch
from lightning_fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from lookalike.images.loading import Batch
from lookalike.inference.copy_stream import copied_ahead
from lookalike.model.network import normalize
from lookalike.retrieval.metrics import recall_at_k
from lookalike.retrieval.neighbors import exact_neighbors
from lookalike.train.shares import summed


@torch.inference_mode()
def validate(
    fabric: Fabric,
    network: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor],
    batches: Iterable[Batch],
    between_batches: Callable[[], None],
) -> dict[str, float]:
    """Loss, accuracy, macro AUROC and recall@1 of the images, which all processes share.

    Args:
        fabric: says which device, precision and processes there are.
        network: not wrapped for several processes, whose shares may be of different length.
        loss: of logits and targets, a mean over images.
        batches: this process's share: of all images every n-th, where there are n processes.
        between_batches: called after each batch, where the work can be given up.
    """
    network.eval()
    losses, logits, embeddings, targets = [], [], [], []
    for images, classes in copied_ahead(batches, fabric.device):
        images, classes = fabric.to_device((images, classes))
        with fabric.autocast():
            output = network(images)
        logits.append(output.logits.float())
        embeddings.append(output.embeddings.float())
        targets.append(classes)
        losses.append(loss(logits[-1], classes).expand(len(classes)))
        between_batches()
    every_loss, every_logit, every_embedding, every_target = (
        _from_all(fabric, torch.cat(parts)) for parts in (losses, logits, embeddings, targets)
    )
    probabilities = every_logit.double().softmax(dim=1)
    return {
        "valid/loss": float(every_loss.double().mean()),
        "valid/accuracy": float((every_logit.argmax(dim=1) == every_target).double().mean()),
        "valid/macro_auroc": macro_auroc(probabilities, every_target),
        "valid/recall_at_1": recall_at_1(every_embedding, every_target),
    }


def macro_auroc(scores: Tensor, targets: Tensor) -> float:
    """The area under the ROC curve of each class against the others, the mean over the classes.

    Classes without images are left out; 0.5, as from guessing, where all images are of one class.

    Args:
        scores: `[n, classes]`.
        targets: class numbers, int64 `[n]`.
    """
    known = targets.unique()
    if len(known) < 2:
        return 0.5
    if not scores.isfinite().all():
        return math.nan  # as the loss is
    is_class = targets[:, None] == known
    return float(roc_auc_score(is_class.cpu(), scores[:, known].cpu()))


def recall_at_1(embeddings: Tensor, targets: Tensor) -> float:
    """The share of images whose nearest other image is of their class.

    Images that are the only one of their class are left out; 0 where that leaves none.

    Args:
        embeddings: `[n, d]`.
        targets: class numbers, int64 `[n]`.
    """
    normal = normalize(embeddings)
    queries = torch.nonzero(torch.bincount(targets)[targets] > 1).flatten()
    if not len(queries):
        return 0.0
    found = [
        recall_at_k(targets[block.indices] == targets[queries[block.start : block.stop], None], k=1)
        for block in exact_neighbors(normal[queries], normal, 1, queries)
    ]
    return float(torch.cat(found).double().mean())


def _from_all(fabric: Fabric, share: Tensor) -> Tensor:
    """What every process has of its share, together, in the order of the images."""
    if fabric.world_size == 1:
        return share
    length = summed(fabric, torch.tensor(len(share), device=share.device))
    whole = share.new_zeros(int(length), *share.shape[1:])
    whole[fabric.global_rank :: fabric.world_size] = share
    return summed(fabric, whole)
