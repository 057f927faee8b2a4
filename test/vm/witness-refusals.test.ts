/**
 * Witnesses that were changed in any of their fields: vm/verify.ts refuses them, or they prove a step of another state. The arbiter
 * has the same tests (contracts/test/ArbiterRefusals.t.sol).
 */
import { describe, expect, test } from 'vitest';
import { type Form, OPCODES, type Opcode } from '../../vm/opcodes.ts';
import { verifyStep, WitnessError } from '../../vm/verify.ts';
import { buildWitness, HEADER_BYTES } from '../../vm/witness.ts';
import { inflateCode } from '../support/inflate.ts';
import { Builder, type StepCase } from '../support/step-builder.ts';
import { casesOf, generalCases } from '../support/step-cases.ts';
import { generator } from '../support/values.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

interface Sample {
  readonly name: string;
  readonly codeRoot: Uint8Array;
  readonly position: number;
  readonly witness: Uint8Array;
  readonly state: string;
}

/** The witness of a case, in trees with something beside its leaves, so that there are siblings. */
function sample(one: StepCase, row?: Opcode): Sample {
  const before = row ? new Builder(row).crowd(one.before.clone()) : one.before;
  return {
    name: one.name,
    codeRoot: before.code.root(),
    position: before.position,
    witness: buildWitness(before),
    state: hex(before.hash()),
  };
}

const forms = [...new Set(OPCODES.map(({ form }) => form))];
/** One step of each form that doesn't trap, and one that does. */
function samplesOf(form: Form): Sample[] {
  const row = OPCODES.find((one) => one.form === form) as Opcode;
  // Division: an instruction that traps by itself.
  const dividing = OPCODES.find((one) => one.form === form && one.name.includes('div_s')) ?? row;
  const cases = [row, dividing].flatMap((one) => casesOf(one));
  const runs = cases.find(({ after }) => after.status !== 'trapped');
  const own = cases.find(
    ({ after, name }) => after.status === 'trapped' && !/operand|frame beyond/.test(name),
  );
  const traps = own ?? cases.find(({ after }) => after.status === 'trapped');
  return [runs, traps].flatMap((one) => (one ? [sample(one, row)] : []));
}
const samples: (readonly [string, Sample])[] = [
  ...forms.flatMap((form) => samplesOf(form).map((one) => [one.name, one] as const)),
  ...generalCases()
    .slice(0, 5)
    .map((one) => [one.name, sample(one)] as const),
];

/** Throws if the witness proves a step of the state that it was written for. */
function refused({ codeRoot, name, position, state }: Sample, witness: Uint8Array, what: string) {
  let previous: Uint8Array;
  try {
    ({ previous } = verifyStep(codeRoot, position, witness));
  } catch (error) {
    if (error instanceof WitnessError) return;
    throw error;
  }
  if (hex(previous) === state) throw new Error(`${name}: ${what} goes unnoticed`);
}

test('every form is here, and every way in which a step is decided early', () => {
  expect(forms).toHaveLength(31);
  expect(samples.length).toBeGreaterThan(50);
  for (const [, { codeRoot, position, state, witness }] of samples) {
    expect(hex(verifyStep(codeRoot, position, witness).previous)).toBe(state);
  }
});

describe.each(samples)('%s', (_, one) => {
  const { witness } = one;

  test('no byte can be another', () => {
    const random = generator(witness.length);
    const changed = witness.slice();
    for (let at = 0; at < witness.length; at++) {
      const original = witness[at] as number;
      for (const value of [original ^ (1 << (at % 8)), original ^ (1 + (random() % 255))]) {
        changed[at] = value;
        refused(one, changed, `byte ${at} = ${value}`);
      }
      changed[at] = original;
    }
  });

  test('no byte can be missing, none may follow', () => {
    for (let length = 0; length < witness.length; length++) {
      refused(one, witness.subarray(0, length), `length ${length}`);
    }
    for (const more of [1, 7, 32, 128]) {
      refused(one, Uint8Array.of(...witness, ...new Uint8Array(more)), `${more} bytes more`);
      refused(one, Uint8Array.of(...new Uint8Array(more), ...witness), `${more} bytes before`);
    }
    refused(one, Uint8Array.of(...witness, ...witness), 'the witness twice');
  });

  test('no words can change places, be missing or be there twice', () => {
    for (let at = HEADER_BYTES; at + 64 <= witness.length; at += 16) {
      const [first, second] = [witness.slice(at, at + 32), witness.slice(at + 32, at + 64)];
      const [head, tail] = [witness.subarray(0, at), witness.subarray(at + 64)];
      if (hex(first) !== hex(second)) {
        refused(one, Uint8Array.of(...head, ...second, ...first, ...tail), `swap at ${at}`);
      }
      refused(one, Uint8Array.of(...head, ...second, ...tail), `word ${at} missing`);
      refused(one, Uint8Array.of(...head, ...first, ...first, ...second, ...tail), `twice ${at}`);
    }
  });

  test('its leaves prove nothing at another place', () => {
    if (witness[0] !== 1) return;
    for (const field of [1, 5]) {
      for (let bit = 0; bit < 32; bit++) {
        const moved = witness.slice();
        const at = field + 3 - (bit >> 3);
        moved[at] = (moved[at] as number) ^ (1 << (bit & 7));
        refused(one, moved, `${field === 1 ? 'pc' : 'fp'}, bit ${bit}`);
      }
    }
  });

  test('zero subtrees may be given: the step is the same', () => {
    if (witness[0] !== 1 || witness.length <= 77) return;
    const { codeRoot, position } = one;
    const inflated = inflateCode(witness);
    expect(inflated.length).toBeGreaterThan(witness.length);
    expect(verifyStep(codeRoot, position, inflated)).toEqual(
      verifyStep(codeRoot, position, witness),
    );
  });

  test('another code is refused', () => {
    if (witness[0] !== 1 || witness.length <= 77) return;
    for (let bit = 0; bit < 256; bit++) {
      const root = one.codeRoot.slice();
      root[bit >> 3] = (root[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => verifyStep(root, one.position, witness)).toThrow('code root');
    }
  });
});
