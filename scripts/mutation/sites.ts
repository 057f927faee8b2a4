/**
 * Places at which a mutant can be switched on, and how a source is rewritten so that each place chooses by the active mutant.
 *
 * All mutants of a file are compiled in one copy ("mutant schemata"): the number of the block, which forge can set and which is the
 * same in every contract, says which of them is active. A number that is no mutant's leaves the original.
 */
import { lineOf } from './ast.ts';

/** Numbers below this activate nothing; forge's first block is 1. */
export const FIRST_MUTANT = 1000;
/** The block number at which every place that is reached reads a slot of its own. */
export const COVER = 2 ** 30;
/** Added to a place's number: the block at which that place ends the execution. */
export const PROBE = 2 ** 31;
/** Slots that stand for places begin here, far from what a contract under test may store. */
export const COVER_SLOT = '0x100000000000000000000000000000000';

export interface Mutant {
  readonly id: number;
  readonly site: number;
  readonly file: string;
  readonly line: number;
  /** The function around it. */
  readonly where: string;
  readonly operator: string;
  /** The smallest text around the change, and what it becomes. */
  readonly original: string;
  readonly mutated: string;
}

/**
 * - `expression`: chosen by a conditional
 * - `statement`: chosen by an `if`; the range ends behind its semicolon
 * - `call`, `literal`, `value`: in Yul, chosen by a function; a call passes its arguments, a value itself
 * - `yul-statement`: in Yul, left out
 */
export type SiteKind = 'expression' | 'statement' | 'call' | 'value' | 'yul-statement';

interface Choice {
  readonly id: number;
  readonly code: string;
}

interface Site {
  readonly number: number;
  readonly kind: SiteKind;
  readonly start: number;
  readonly end: number;
  /** Type that both sides of a conditional are converted to, if they need it. */
  readonly cast: string;
  readonly choices: Choice[];
  /** Of a Yul call: the builtin and its number of arguments. */
  readonly builtin?: { readonly name: string; readonly arity: number };
  /** Of a Yul site: offset behind the brace that opens the assembly block. */
  readonly block: number;
}

interface Place {
  readonly kind: SiteKind;
  readonly start: number;
  readonly end: number;
  readonly cast?: string;
  readonly builtin?: { readonly name: string; readonly arity: number };
  readonly block?: number;
}

interface Change {
  readonly operator: string;
  /** Smallest text around the change, for the report. */
  readonly start: number;
  readonly end: number;
  readonly becomes: string;
}

/** Gives out numbers to the mutants and places of all files. */
export class Numbers {
  private mutants = FIRST_MUTANT;
  private sites = 1;
  readonly mutant = (): number => this.mutants++;
  readonly site = (): number => this.sites++;
}

/** The places and mutants of one file. */
export class FileSites {
  readonly mutants: Mutant[] = [];
  /** Name of the function whose body is being read. */
  where = '';
  /** Changes that no place can choose. */
  skipped = 0;
  readonly file: string;
  readonly source: string;
  private readonly numbers: Numbers;
  private readonly sites = new Map<string, Site>();

  constructor(file: string, source: string, numbers: Numbers) {
    this.file = file;
    this.source = source;
    this.numbers = numbers;
  }

  slice(start: number, end: number): string {
    return this.source.slice(start, end);
  }

  /** Adds a mutant that puts `code` in the place; the same code twice is one mutant. */
  add(place: Place, code: string, change: Change): void {
    const { kind, start, end } = place;
    const key = `${kind}:${start}:${end}`;
    const original = this.slice(change.start, change.end);
    if (original === change.becomes) return;
    let site = this.sites.get(key);
    if (!site) {
      site = { cast: '', block: 0, ...place, number: this.numbers.site(), choices: [] };
      this.sites.set(key, site);
    }
    if (site.choices.some((choice) => choice.code === code)) return;
    const id = this.numbers.mutant();
    site.choices.push({ id, code });
    this.mutants.push({
      id,
      site: site.number,
      file: this.file,
      line: lineOf(this.source, change.start),
      where: this.where,
      operator: change.operator,
      original: tidy(original),
      mutated: tidy(change.becomes),
    });
  }

  /** The source with all mutants in it. */
  instrumented(): string {
    const inner = [...this.sites.values()];
    // An outer place before the ones in it; of two with the same range, the call is the inner one.
    const rank = ({ kind }: Site): number =>
      kind === 'statement' || kind === 'yul-statement' ? 0 : kind === 'call' ? 2 : 1;
    inner.sort((x, y) => x.start - y.start || y.end - x.end || rank(x) - rank(y));
    const functions = new Map<number, string>();
    for (const site of inner) {
      if (site.block === 0) continue;
      functions.set(site.block, (functions.get(site.block) ?? '') + yulFunction(site));
    }
    const insertions = [...functions].sort(([x], [y]) => x - y);
    let next = 0;
    const render = (from: number, to: number): string => {
      let out = '';
      let at = from;
      const copy = (end: number): void => {
        for (const [block, code] of insertions) {
          if (block > at && block <= end) {
            out += this.slice(at, block) + code;
            at = block;
          }
        }
        out += this.slice(at, end);
        at = end;
      };
      while (next < inner.length && (inner[next] as Site).start < to) {
        const site = inner[next++] as Site;
        copy(site.start);
        out += choose(site, render(site.start, site.end), (a, b) => this.slice(a, b));
        at = site.end;
      }
      copy(to);
      return out;
    };
    return render(0, this.source.length);
  }
}

/** On one line, without runs of spaces and comments. */
const tidy = (code: string): string =>
  code
    .replace(/\/\/.*$/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

function choose(site: Site, inner: string, slice: (start: number, end: number) => string): string {
  const { kind, number, choices, cast } = site;
  const active = (i: number): string => (i === 0 ? `mutantAt(${number})` : 'block.number');
  if (kind === 'expression') {
    const wrap = (code: string): string => `${cast}(${code})`;
    const cases = choices.map(({ id, code }, i) => `${active(i)} == ${id} ? ${wrap(code)} : `);
    return `(${cases.join('')}${wrap(inner)})`;
  }
  if (kind === 'statement') {
    const cases = choices.map(({ id, code }, i) => `if (${active(i)} == ${id}) { ${code} } else `);
    return `{ ${cases.join('')}{ ${inner} } }`;
  }
  if (kind === 'yul-statement') return `if original_${number}() { ${inner} }`;
  if (kind === 'value') return `choose_${number}(${inner})`;
  // A call: the name gives way to the function that chooses.
  const open = inner.indexOf('(');
  if (open < 0) throw new Error(`no call: ${slice(site.start, site.end)}`);
  return `choose_${number}${inner.slice(open)}`;
}

function yulFunction({ kind, number, choices, builtin }: Site): string {
  const touch =
    `switch number() case ${COVER} { if sload(add(${COVER_SLOT}, ${number})) { invalid() } } ` +
    `case ${PROBE + number} { invalid() } `;
  const names = Array.from({ length: builtin?.arity ?? 1 }, (_, i) => `x${i}`);
  if (kind === 'yul-statement') {
    const cases = choices.map(({ id }) => `case ${id} { r := 0 } `).join('');
    return ` function original_${number}() -> r { r := 1 ${touch}${cases}}\n`;
  }
  const original = kind === 'call' ? `${builtin?.name}(${names.join(', ')})` : 'x0';
  const cases = choices.map(({ id, code }) => `case ${id} { r := ${code} } `).join('');
  // Both reads of the number: a mutant's, and the bookkeeping's, after which the original goes on.
  return (
    ` function choose_${number}(${names.join(', ')}) -> r { ${touch}` +
    `switch number() ${cases}default { r := ${original} } }\n`
  );
}
