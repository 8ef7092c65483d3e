import type { Sql } from "./pool.ts";

/** What the migrations lead to, as text: from the catalogs, in an order that depends on nothing but names. */
export async function dumpSchema(sql: Sql): Promise<string> {
  const parts: string[] = [];
  for (const [title, statement] of queries) {
    const found = await sql.query<{ line: string }>(statement);
    parts.push(`-- ${title}`, ...found.rows.map((row) => row.line), "");
  }
  return `${parts.join("\n").trimEnd()}\n`;
}

const inPublic = "n.nspname = 'public'";

const queries: readonly (readonly [title: string, statement: string])[] = [
  [
    "domains",
    `select t.typname || ' ' || format_type(t.typbasetype, t.typtypmod) || coalesce(' ' || pg_get_constraintdef(c.oid), '') as line
       from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_constraint c on c.contypid = t.oid
      where ${inPublic} and t.typtype = 'd' order by t.typname, c.conname`,
  ],
  [
    "columns",
    `select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
            || case when a.attnotnull then ' not null' else '' end
            || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
       from pg_attribute a
       join pg_class c on c.oid = a.attrelid
       join pg_namespace n on n.oid = c.relnamespace
       left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where ${inPublic} and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      order by c.relname, a.attnum`,
  ],
  [
    "constraints",
    `select c.relname || ' ' || o.conname || ' ' || pg_get_constraintdef(o.oid) as line
       from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace
      where ${inPublic} and o.contype <> 'n' order by c.relname, o.conname`,
  ],
  [
    "indexes",
    `select pg_get_indexdef(i.indexrelid) as line
       from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where ${inPublic} order by 1`,
  ],
  [
    "triggers",
    `select pg_get_triggerdef(t.oid) as line
       from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      where ${inPublic} and not t.tgisinternal order by 1`,
  ],
  [
    "functions",
    `select pg_get_functiondef(p.oid) as line
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${inPublic} order by p.proname`,
  ],
];
