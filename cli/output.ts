/** What the commands print: a report as text or as JSON on standard output, progress on standard error. */

/** Rows with their columns under each other; numbers are set to the right. */
export function table(rows: readonly (readonly (string | number)[])[], indent = '  '): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => String(row[i] ?? '').length)),
  );
  const line = (row: readonly (string | number)[]): string =>
    row
      .map((cell, i) =>
        typeof cell === 'number'
          ? String(cell).padStart(widths[i]!)
          : cell.padEnd(i === row.length - 1 ? 0 : widths[i]!),
      )
      .join('  ');
  return rows.map((row) => `${indent}${line(row)}`.trimEnd()).join('\n');
}

/** 1234567 as 1,234,567. */
export const grouped = (value: number): string => value.toLocaleString('en-US');

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const exponent = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** exponent).toFixed(1)} ${['KiB', 'MiB', 'GiB'][exponent - 1]}`;
}

export function timeText(ms: number): string {
  if (ms < 1) return `${(1000 * ms).toFixed(0)} µs`;
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 2 : 1)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const QUIET_MS = 2_000;
const EVERY_MS = 500;

export interface Progress {
  (done: number, of: number): void;
  /** Removes the line where it was being rewritten. */
  end(): void;
}

/** Says how far something is, once it has taken two seconds. On a terminal one line is rewritten. */
export function progress(what: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  let told = Date.now() + QUIET_MS - EVERY_MS;
  let isShown = false;
  const report = (done: number, of: number): void => {
    if (Date.now() - told < EVERY_MS) return;
    told = Date.now();
    const text = `${what}: ${done} of ${of}`;
    stream.write(stream.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
    isShown = true;
  };
  return Object.assign(report, {
    end() {
      if (isShown && stream.isTTY) stream.write('\r\u001b[K');
    },
  });
}

/** Prints a report: `text` for people, `value` for programs. */
export function print(isJson: boolean, value: unknown, text: () => string): void {
  console.log(isJson ? JSON.stringify(value) : text());
}
