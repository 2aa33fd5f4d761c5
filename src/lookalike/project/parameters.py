"""The whole parameter file: every block there is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from lookalike.bot.params import BotParams
from lookalike.core.errors import ConfigError, LookalikeError
from lookalike.core.params import BaseParams, Block, MachineParams, parse_block, read_yaml
from lookalike.evaluate.params import EvaluateParams
from lookalike.index.params import IndexParams
from lookalike.ingest.params import IngestParams
from lookalike.publish.params import PublishParams
from lookalike.serve.params import ServeParams
from lookalike.split.params import SplitParams
from lookalike.train.params import TrainParams


@dataclass(frozen=True)
class Parameters:
    """Every block, checked."""

    base: BaseParams
    ingest: IngestParams
    split: SplitParams
    train: TrainParams
    evaluate: EvaluateParams
    index: IndexParams
    publish: PublishParams
    serve: ServeParams
    bot: BotParams
    machine: MachineParams


BLOCKS: dict[str, type[Block]] = get_type_hints(Parameters)


def read_all(path: Path) -> Parameters:
    """Read and check every block of a parameter file.

    Raises:
        ConfigError: a line for each problem in the whole file.
    """
    content = read_yaml(path)
    problems = [
        f"{path}: {name}: there is no such block; there are {', '.join(BLOCKS)}"
        for name in content
        if name not in BLOCKS
    ]
    blocks: dict[str, Any] = {}
    for name, block in BLOCKS.items():
        try:
            blocks[name] = parse_block(block, content, path)
        except LookalikeError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("\n".join(problems))
    return Parameters(**blocks)
