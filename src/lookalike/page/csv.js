// A table as CSV (RFC 4180) that a spreadsheet opens as text, whatever the cells begin with.

const FORMULA = /^[=+\-@\t\r]/; // OWASP: "CSV injection"

/** @param rows arrays of cells, the head first; null is an empty cell */
export const csv = rows => rows.map(row => row.map(cell).join(",") + "\r\n").join("");

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
