/**
 * A column of many rows as an array for `unnest`. Only for what is made of letters, digits, dashes and underscores: ids,
 * hashes, currencies and numbers. The driver quotes and escapes each element, which took a tenth of a booking's time.
 */
export function arrayOf<Row>(rows: readonly Row[], read: (row: Row) => string | number | bigint): string {
  return `{${rows.map(read).join(",")}}`;
}
