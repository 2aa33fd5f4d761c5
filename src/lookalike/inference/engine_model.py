"""Models that embed in another way than the artifact alone says."""

import torch
from torch import Tensor

from lookalike.inference.inference_file import Inference
from lookalike.inference.numerics import Numerics
from lookalike.inference.runtimes.runtime import Runtime
from lookalike.model.artifact import Model
from lookalike.model.network import Output


class InferenceModel(Model):
    """For whoever embeds with it, a model like any other.

    Args:
        model: in the precision that `inference` names, where torch computes.
        inference: what computes.
    """

    def __init__(self, model: Model, inference: Inference) -> None:
        super().__init__(model.description, model.network, model.fingerprint)
        self.inference = inference


class EngineModel(InferenceModel):
    """A model whose exported graph another engine than torch computes.

    Args:
        model: what the graph was exported from.
        inference: what computes.
        runtime: it, opened.
    """

    def __init__(self, model: Model, inference: Inference, runtime: Runtime) -> None:
        super().__init__(model, inference)
        self._runtime = runtime

    def run(self, images: Tensor) -> Output:
        """Embeddings and logits of images `[n, channels, height, width]`, float32."""
        embeddings, logits = self._runtime.run(images.numpy())
        return Output(
            torch.from_numpy(embeddings), None if logits is None else torch.from_numpy(logits)
        )


def inference_of(model: Model) -> Inference:
    """What computes the embeddings of a model."""
    if isinstance(model, InferenceModel):
        return model.inference
    return Inference(numerics=Numerics(engine="torch", precision=model.description.precision))
