"""Tables in Parquet: those of labels, and what stands beside images."""

from contextlib import closing
from tempfile import TemporaryFile

from lookalike.core.json_file import parse_json
from lookalike.core.layout import cache_folder
from lookalike.ingest.parquet_file import NotParquetError, ParquetFile, rows_of
from lookalike.ingest.tables import Record

HUGGING_FACE = b"huggingface"  # where its Parquet files keep the names of classes


def read_parquet(data: bytes) -> list[Record]:
    """The rows of a table in Parquet.

    Raises:
        ValueError: it is none, or holds images; the text says why.
    """
    with TemporaryFile(dir=cache_folder()) as copy:
        copy.write(data)
        copy.flush()
        try:
            with closing(ParquetFile(copy)) as file:
                if file.facts.images is not None:
                    raise ValueError("holds images; a table of labels names files")
                return parquet_records(file)
        except NotParquetError as error:
            raise ValueError(f"is not Parquet: {error}") from None


def parquet_records(file: ParquetFile) -> list[Record]:
    """The rows of a Parquet file, without what holds bytes; numbers of classes as their names."""
    facts = file.facts
    names_of = _class_names(facts.metadata)
    rows: list[Record] = rows_of(file.table(facts.plain)) if facts.plain else []
    rows = rows or [{} for _ in range(sum(facts.groups))]
    for column in names_of.keys() & set(facts.plain):
        for row in rows:
            if isinstance(row[column], int) and 0 <= row[column] < len(names_of[column]):
                row[column] = names_of[column][row[column]]
    return rows


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """The names of classes that a column holds the numbers of, as Hugging Face writes them."""
    try:
        features = parse_json(metadata[HUGGING_FACE])["info"]["features"]
        return {
            column: feature["names"]
            for column, feature in features.items()
            if feature.get("_type") == "ClassLabel" and isinstance(feature["names"], list)
        }
    except (KeyError, ValueError, AttributeError, TypeError):
        return {}
