import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as constants from '../../vm/constants.ts';
import { formOperands } from '../../vm/forms.ts';
import { type Form, OPCODES } from '../../vm/opcodes.ts';
import { HALTED_BYTES, RUNNING_BYTES, TRAPPED_BYTES } from '../../vm/verify.ts';
import { LIMITS } from '../../vm/wasm/index.ts';
import { CODE_BITMAP, MEMORY_BITMAP, REGION_BITMAP, SLOTS_BITMAP } from '../../vm/witness.ts';
import { codeWord } from '../support/naive-state.ts';

/** docs/machine.md is the specification; here its tables are held against the code. */
const page = readFileSync('docs/machine.md', 'utf8');

function section(title: string): string {
  const from = page.indexOf(`\n## ${title}\n`);
  if (from < 0) throw new Error(`docs/machine.md has no section "${title}"`);
  const to = page.indexOf('\n## ', from + 1);
  return page.slice(from, to < 0 ? undefined : to);
}

/** Rows of the first table that follows `after`, cells without backticks. */
function table(text: string, after = ''): string[][] {
  const lines = text.slice(text.indexOf(after)).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const rows = lines.slice(
    first,
    lines.findIndex((line, i) => i > first && !line.startsWith('|')),
  );
  return rows.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}

/** `2^20 - 2^10`, `128`. */
const number = (text: string): number =>
  text
    .split(' - ')
    .map((term) => {
      const [base, exponent = '1'] = term.split('^');
      return Number(base) ** Number(exponent);
    })
    .reduce((x, y) => x - y);

describe('the specification says what the code does', () => {
  test('constants', () => {
    const rows = table(section('Constants'));
    const named = Object.fromEntries(rows.map(([name = '', value = '']) => [name, number(value)]));
    const code = Object.fromEntries(
      Object.entries(constants).filter(
        ([name]) => name in named || !/_VERSION$|^REGION_[A-Z]+S?$/.test(name),
      ),
    );
    expect(named).toEqual(code);
    expect(page).toContain('version 1 of the machine and version 1 of the lowering');
    expect([constants.MACHINE_VERSION, constants.LOWERING_VERSION]).toEqual([1, 1]);
  });

  test('regions of an operator call', () => {
    const rows = new Map(table(section('Start of a run')).map(([region, what]) => [what, region]));
    const region = (what: RegExp): string | undefined =>
      [...rows].find(([text]) => what.test(text ?? ''))?.[1];
    expect(region(/image's data/)).toBe(`${constants.REGION_DATA}`);
    expect(region(/output tensor/)).toBe(`${constants.REGION_OUTPUT}`);
    expect(region(/scratch/)).toBe(`${constants.REGION_SCRATCH}`);
    expect(region(/attributes/)).toBe(`${constants.REGION_ATTRIBUTES}`);
    expect(region(/input 0/)).toBe(`${constants.REGION_INPUTS}..${constants.REGIONS - 1}`);
  });

  test('sizes of the states', () => {
    const sizes = table(section('State')).map(([state, preimage]) => [
      state,
      Number(/\((\d+) bytes?\)/.exec(preimage ?? '')?.[1]),
    ]);
    expect(sizes).toEqual([
      ['running', RUNNING_BYTES],
      ['halted', HALTED_BYTES],
      ['trapped', TRAPPED_BYTES],
    ]);
  });

  test('widths of the bitmaps', () => {
    const text = section('Trees').slice(section('Trees').indexOf('Widths:'));
    const width = (name: string): number =>
      Number(new RegExp(`${name} (\\d+) byte`).exec(text)?.[1]);
    expect(['code', 'slots', 'memory', 'region level'].map(width)).toEqual([
      CODE_BITMAP,
      SLOTS_BITMAP,
      MEMORY_BITMAP,
      REGION_BITMAP,
    ]);
  });

  test('slots of the forms', () => {
    // Each field gets a value of its own, so the slots that come out say which fields were meant.
    const fields = { a: 1, b: 1 << 4, c: 1 << 8, d: 512, 'a+c': 1 + (1 << 8) };
    const names = new Map<number, string>(
      Object.entries(fields).map(([name, slot]) => [slot, name]),
    );
    const name = (slot: number): string =>
      names.get(slot) ?? (slot >= constants.GLOBAL_BASE ? 'global' : '?');
    const list = (slots: readonly number[]): string => slots.map(name).sort().join(' ');
    const sorted = (cell = ''): string => cell.split(' ').sort().join(' ');
    const forms = new Map<Form, readonly [string, string]>();
    for (const { code, form } of OPCODES) {
      const { a, b, c, d } = fields;
      const { reads, writes } = formOperands(codeWord({ op: code, a, b, c, lo: d }), 0);
      forms.set(form, [list(reads), list(writes)]);
    }
    const rows = table(section('Forms'));
    expect(rows.map(([form]) => form).sort()).toEqual([...forms.keys()].sort());
    for (const [form = '', reads, writes] of rows) {
      expect([form, sorted(reads), sorted(writes)]).toEqual([form, ...forms.get(form as Form)!]);
    }
  });

  test('limits of the loader', () => {
    const rows = table(section('Modules'));
    expect(
      Object.fromEntries(rows.map(([name = '', value = '']) => [name, number(value)])),
    ).toEqual(LIMITS);
  });

  test('instructions, every one', () => {
    const rows = table(section('Instructions'), '<!-- instructions -->');
    const described = rows.flatMap(
      ([first = '', names = '', form, operands = '', result, width, lanes]) =>
        names.split(' ').map((name, i) => ({
          code: Number(first) + i,
          name,
          form,
          operands: operands.split(' ').filter(Boolean),
          ...(result ? { result } : {}),
          ...(width ? { width: Number(width) } : {}),
          ...(lanes ? { lanes: Number(lanes) } : {}),
        })),
    );
    expect(described).toEqual(OPCODES);
  });

  test('numbers of the derived instructions', () => {
    const text = section('Opcode numbers');
    for (const { code, form } of OPCODES) {
      const base = { binaryImm: 0x100, cmpBranch: 0x400, cmpBranchImm: 0x500 }[form as string];
      if (base !== undefined) expect(OPCODES.some((row) => row.code === code - base)).toBe(true);
    }
    for (const start of ['0x100 + a scalar binary', '0x0200 + n', '0x0400 + op', '0x0500 + op']) {
      expect(text).toContain(start);
    }
  });

  test('traps of rule 7', () => {
    const text = section('One step: the ordered decision');
    const named = [...text.matchAll(/`(i\d\d\.(?:div|rem|trunc)_\w+)`/g)].map(([, name]) => name);
    // Of the conversions one stands for the eight.
    const trapping = OPCODES.filter(
      ({ code, name }) => code < 0x100 && /\.(div|rem)_[su]$|\.trunc_f/.test(name),
    ).map(({ name }) => name);
    expect(trapping.filter((name) => /div|rem/.test(name)).sort()).toEqual(
      named.filter((name) => !name?.includes('trunc')).sort(),
    );
    expect(trapping.filter((name) => name.includes('trunc')).length).toBe(8);
    expect(text).toContain('`i32.trunc_f32_s` and the seven like it');
  });
});
