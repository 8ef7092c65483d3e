/** Behind which item a page begins, where the newest come first. */
export type PageCursor = { readonly createdAtUs: bigint; readonly id: string };

export type Page<Item> = {
  readonly items: readonly Item[];
  /** Nothing where this is the last page. */
  readonly next: PageCursor | undefined;
};

export type PageRequest = { readonly after?: PageCursor | undefined; readonly limit: number };

/** Of one more row than is wanted: it tells whether there is another page. */
export function pageOf<Row extends { readonly id: string; readonly created_at_us: bigint }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(toItem),
    next: last && { createdAtUs: last.created_at_us, id: last.id },
  };
}

/** What a statement selects beside its columns: Postgres keeps microseconds, and a cursor must not lose them. */
export const cursorColumn = (column: string) =>
  `(extract(epoch from ${column}) * 1000000)::bigint as created_at_us`;

/** The condition of a page, with `$first` and the parameter after it; for `cursorValues`. */
export const behindCursor = (column: string, id: string, first: number) =>
  `($${first}::bigint is null or (${column}, ${id}) < ('epoch'::timestamptz + $${first} * interval '1 microsecond', $${first + 1}::uuid))`;

export function cursorValues({ after, limit }: PageRequest): [bigint | null, string | null, number] {
  return [after?.createdAtUs ?? null, after?.id ?? null, limit + 1];
}
