/** Dishonest players, for tests and demonstrations: each lies in one way and otherwise plays as well as it can. */
import { donePreimage } from '../models/commit.ts';
import { groupBase, groupOf } from '../models/graph.ts';
import { keccak256, tensorRoot, toHash } from '../models/hash.ts';
import type { Model, Tamper } from '../models/index.ts';
import { createSlotTree } from '../models/slots.ts';
import type { Hash, Trace } from '../models/types.ts';
import { REGION_BITS, REGION_INPUTS, WORD_BYTES, WORDS_PER_LEAF } from '../vm/constants.ts';
import type { Answer, Party } from './party.ts';
import { createSubmitter } from './submitter.ts';
import type { Player } from './types.ts';

const firstStep = (model: Model, kernel: string): number =>
  model.graph.program.findIndex((entry) => entry.kind === 'call' && entry.kernel === kernel);

async function endOf(trace: Trace): Promise<Hash> {
  const [end] = await trace.graphHashes([trace.length]);
  return end as Hash;
}

/** Claims what a changed run gives and defends it to the end. */
async function defend(trace: Trace, k: number): Promise<Answer> {
  return { end: await endOf(trace), player: createSubmitter(trace, { k, concede: false }) };
}

/** Candidates tried before an adversary gives up finding a lie that changes the outputs. */
const TRIES = 200;

/** The first of these changed runs that ends elsewhere than the true one: many a wrong bit is rounded away or cut off later. */
async function firstThatMatters(
  model: Model,
  inputs: Uint8Array[],
  candidates: (attempt: number) => Promise<Tamper | undefined>,
): Promise<Trace> {
  const truth = await endOf(await model.trace(inputs));
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const tamper = await candidates(attempt);
    if (!tamper) continue;
    const trace = await model.trace(inputs, tamper);
    if ((await endOf(trace)) !== truth) return trace;
  }
  throw new Error(`model ${model.id}: none of ${TRIES} lies changes what this input gives`);
}

/** Flips the highest exponent bit of element `index` of f32, or bit 30 of an i32. */
const flip =
  (index: number) =>
  (output: Uint8Array): void => {
    const at = (4 * index + 3) % output.length;
    output[at] = (output[at] as number) ^ 0x40;
  };

/** Wrong content of the operator at a graph step, right machine steps but for the end. */
const activationTrace = (model: Model, inputs: Uint8Array[], step: number): Promise<Trace> =>
  firstThatMatters(model, inputs, async (attempt) => ({
    outputs: new Map([[step, flip(attempt)]]),
  }));

/** Lies about one element of what the operator at a graph step computes. */
export const activationLie =
  (step: number): Party =>
  async (model, inputs, k) =>
    defend(await activationTrace(model, inputs, step), k);

/** The run is right, only the outputs that the claim's end binds are others. */
const outputLie: Party = async (model, inputs, k) => {
  const trace = await model.trace(inputs);
  const { outputs } = await model.run(inputs);
  const slots = model.graph.slots.filter(({ slot }) => groupOf(slot) === 'output');
  const tree = createSlotTree();
  slots.forEach(({ slot }, i) => {
    const output = (outputs[i] as Uint8Array).slice();
    if (slot === groupBase('output')) flip(0)(output);
    tree.set(slot, tensorRoot(output));
  });
  const end = toHash(keccak256(donePreimage(tree.group(1))));
  const player = createSubmitter(trace, { k, concede: false });
  return { end, player: waitingWhere(player, (lo) => lo === trace.length - 1) };
};

/** Nothing can be said for a single graph step that is known to be false: lets its clock run there. */
function waitingWhere(player: Player, hopeless: (lo: number) => boolean): Player {
  return {
    role: 'submitter',
    async next(game) {
      const { hi, level, lo } = game;
      if (level === 0 && hi - lo === 1 && hopeless(lo)) return { kind: 'wait' };
      return player.next(game);
    },
  };
}

/** Prime, so that attempts land on all rows and columns of a matrix. */
const STRIDE = 7919;

/** One bit of a weight of the first matrix product is flipped in the machine's memory before the first instruction. */
const weightLie: Party = async (model, inputs, k) => {
  const step = firstStep(model, 'dense');
  const call = model.graph.program[step];
  const slot = call?.kind === 'call' ? call.inputs[1] : undefined;
  const weights = model.graph.slots.find((entry) => entry.slot === slot)?.data?.length ?? 0;
  const region = (REGION_INPUTS + 1) * 2 ** REGION_BITS;
  const trace = await firstThatMatters(model, inputs, async (attempt) => {
    const at = region + ((4 * attempt * STRIDE) % weights) + 3;
    return {
      machine: {
        step,
        position: 0,
        apply(machine) {
          const [byte = 0] = machine.readMemory(at, 1);
          machine.writeMemory(at, Uint8Array.of(byte ^ 0x40));
        },
      },
    };
  });
  return defend(trace, k);
};

/** One addition in the middle of the first matrix product gives a wrong sum, and all that follows is consistent with it. */
export const instructionLie: Party = async (model, inputs, k) => {
  const step = firstStep(model, 'dense');
  const honest = await (await model.trace(inputs)).machine(step);
  const middle = Math.floor(honest.length / 2);
  const trace = await firstThatMatters(model, inputs, async (attempt) => {
    const position = middle + attempt;
    if (!(await honest.describe(position)).text.includes('f32x4.add')) return undefined;
    return {
      machine: {
        step,
        position: position + 1,
        apply(machine) {
          // The addition isn't a jump, so it is the word before this state's pc; its operand a is the sum.
          const pc = machine.pc - 1;
          const at = (pc % WORDS_PER_LEAF) * WORD_BYTES + 2;
          const leaf = machine.code.leaf(Math.floor(pc / WORDS_PER_LEAF));
          const a = (leaf[at] as number) | ((leaf[at + 1] as number) << 8);
          const slot = machine.fp + a;
          machine.writeSlot(slot, machine.readSlot(slot) ^ (1n << 30n));
        },
      },
    };
  });
  return defend(trace, k);
};

/** A false claim whose submitter never answers a challenge. */
const silent: Party = async (model, inputs, k) => {
  const { end } = await activationLie(0)(model, inputs, k);
  return { end, player: { role: 'submitter', next: async () => ({ kind: 'wait' }) } };
};

/** A hash that belongs to nothing, the same one whenever it is asked for. */
const garbageHash = (position: number): Hash =>
  toHash(keccak256(new TextEncoder().encode(`garbage ${position}`)));

/** Ends are as claimed, everything in between is garbage, at the levels given. */
const garbage =
  (levels: readonly (0 | 1)[]): Party =>
  async (model, inputs, k) => {
    const trace = await activationTrace(model, inputs, firstStep(model, 'dense'));
    const inner = (position: number, length: number, hash: Hash): Hash =>
      position > 0 && position < length ? garbageHash(position) : hash;
    const forged: Trace = {
      length: trace.length,
      async graphHashes(positions) {
        const hashes = await trace.graphHashes(positions);
        if (!levels.includes(0)) return hashes;
        return hashes.map((hash, i) => inner(positions[i] as number, trace.length, hash));
      },
      descent: (g) => trace.descent(g),
      async machine(g) {
        const run = await trace.machine(g);
        if (!levels.includes(1)) return run;
        return {
          length: run.length,
          end: run.end,
          async hashes(positions) {
            const hashes = await run.hashes(positions);
            return hashes.map((hash, i) => inner(positions[i] as number, run.length, hash));
          },
          witness: (position) => run.witness(position),
          describe: (position) => run.describe(position),
        };
      },
    };
    const player = createSubmitter(forged, { k, concede: false });
    // A state that nobody can open can't be descended from or to.
    const hopeless = () => levels.includes(0);
    return { end: await endOf(trace), player: waitingWhere(player, hopeless) };
  };

/** Submitters that lie, by name. */
export const ADVERSARIES: Readonly<Record<string, Party>> = {
  output: outputLie,
  weight: weightLie,
  activation: (model, inputs, k) => activationLie(firstStep(model, 'relu'))(model, inputs, k),
  instruction: instructionLie,
  silent,
  'garbage-graph': garbage([0]),
  'garbage-machine': garbage([1]),
};

/** Challenges whatever there is and disputes the last part of every dissection: a challenger without a case. */
export const falseChallenger = (): Player => ({
  role: 'challenger',
  async next(game) {
    if (game.turn !== 1) return { kind: 'wait' };
    return { kind: 'select', part: Math.floor(game.dissection.length / 2) };
  },
});

/** Challenges and never answers. */
export const silentChallenger = (): Player => ({
  role: 'challenger',
  next: async () => ({ kind: 'wait' }),
});
