"""What the types of Parquet columns hold: images, text, and how many values."""

import pyarrow as pa

MOST_DEPTH = 32  # of types in types


def image_column(schema: pa.Schema) -> str | None:
    """The column with encoded images: bytes, or bytes beside a path; None where there is none."""
    for field in schema:
        kind = field.type
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            kind = kind.field("bytes").type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return str(field.name)
    return None


def has_paths(kind: pa.StructType) -> bool:
    """Whether a column of images has a path beside each."""
    return kind.get_field_index("path") >= 0 and is_text(kind.field("path").type)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column is text, in any of Arrow's layouts, or JSON."""
    if isinstance(kind, pa.JsonType):
        kind = kind.storage_type
    is_string = pa.types.is_string(kind) or pa.types.is_string_view(kind)
    return bool(is_string or pa.types.is_large_string(kind))


def check_depth(kind: pa.DataType, depth: int = 0) -> None:
    """Raise ValueError for types in types without end."""
    if depth > MOST_DEPTH:
        raise ValueError(f"its types are nested deeper than {MOST_DEPTH}")
    for number in range(kind.num_fields):
        check_depth(kind.field(number).type, depth + 1)


def unshared(field: pa.Field) -> pa.Field:
    """A field whose values are all there: in a dictionary one counts once, however often it is."""
    kind = field.type
    if pa.types.is_dictionary(kind):
        return unshared(field.with_type(kind.value_type))
    if pa.types.is_string_view(kind):  # little can be done with views
        return field.with_type(pa.string())
    if pa.types.is_binary_view(kind):
        return field.with_type(pa.binary())
    if pa.types.is_struct(kind):
        return field.with_type(pa.struct([unshared(inner) for inner in kind]))
    if pa.types.is_list(kind):
        return field.with_type(pa.list_(unshared(kind.value_field)))
    return field


def count_values(column: pa.Array) -> int:
    """How many values a column has, those in lists and structs too."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return count_values(column.storage)
    if pa.types.is_struct(kind):
        return len(column) + sum(map(count_values, column.flatten()))
    if pa.types.is_nested(kind):  # lists of any layout, and maps
        return len(column) + count_values(column.flatten())
    return len(column)
