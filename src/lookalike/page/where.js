// Filters as the service's small part of SQL.

/**
 * @param filters by column: `{ in: [values] }`, `{ has: text }`, or `{ min, max }` (numbers or null)
 * @param condition a further one in the service's own words, or ""
 * @returns {string | null} null where nothing is asked
 */
export function whereOf(filters, condition = "") {
  const parts = Object.entries(filters).flatMap(([column, filter]) => comparisons(column, filter));
  if (condition.trim()) parts.push(parts.length ? `(${condition.trim()})` : condition.trim());
  return parts.length ? parts.join(" AND ") : null;
}

function comparisons(column, filter) {
  if (filter.in) return filter.in.length ? [`${column} IN (${filter.in.map(literal).join(", ")})`] : [];
  if (filter.has) return [`${column} LIKE ${quoted(`%${filter.has}%`)}`];
  const { min = null, max = null } = filter;
  return [
    ...(min === null ? [] : [`${column} >= ${min}`]),
    ...(max === null ? [] : [`${column} <= ${max}`]),
  ];
}

const literal = value => (typeof value === "number" ? String(value) : quoted(value));

export const quoted = text => `'${String(text).replaceAll("'", "''")}'`;
