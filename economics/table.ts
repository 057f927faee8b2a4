/** Tables, as text for a terminal and as Markdown. */

export type Cell = string | number;

export interface Table {
  /** Marks the place in a page. */
  readonly name: string;
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Four significant digits, thousands apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) >= 1000) {
    return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
  }
  return String(Number(value.toPrecision(4)));
}

export const percent = (part: number): string => `${figure(100 * part)} %`;

const text = (cell: Cell): string => (typeof cell === 'number' ? figure(cell) : cell);

function widthsOf({ head, rows }: Table): number[] {
  return head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => text(row[i] ?? '').length)),
  );
}

function pad(row: readonly Cell[], widths: readonly number[]): string[] {
  return widths.map((width, i) => {
    const cell = text(row[i] ?? '');
    return i === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
}

export function toText(table: Table): string {
  const widths = widthsOf(table);
  const lines = [table.head, ...table.rows].map((row) => pad(row, widths).join('  ').trimEnd());
  return `${table.title}\n\n${lines.join('\n')}\n`;
}

export function toMarkdown(table: Table): string {
  const widths = widthsOf(table);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = line(widths.map((w, i) => (i === 0 ? '-'.repeat(w) : `${'-'.repeat(w - 1)}:`)));
  return [
    line(pad(table.head, widths)),
    rule,
    ...table.rows.map((row) => line(pad(row, widths))),
  ].join('\n');
}

/** The page with each marked place filled with its table. Throws if a table has no place, or a place no table. */
export function fill(page: string, tables: readonly Table[]): string {
  const places = [...page.matchAll(/<!-- table: (\S+) -->/g)].map(([, name]) => name as string);
  for (const name of places) {
    if (!tables.some((table) => table.name === name)) throw new Error(`no table is named ${name}`);
  }
  return tables.reduce((filled, table) => {
    const place = new RegExp(`(<!-- table: ${table.name} -->\\n)[^]*?(<!-- end -->)`);
    if (!place.test(filled)) throw new Error(`the page has no place for ${table.name}`);
    return filled.replace(place, (_, start, end) => `${start}${toMarkdown(table)}\n${end}`);
  }, page);
}
