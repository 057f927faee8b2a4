/** A dispute about a real network, from a flipped bit of a weight to the one instruction, on real contracts. */
import { type Call, callStarter } from '../../cli/in-machine.ts';
import { createExecutor } from '../../models/executor.ts';
import { byteLength, type Graph, groupOf, type Slot } from '../../models/graph.ts';
import type { Engines, Model, Tamper } from '../../models/index.ts';
import type { StepDescription, Trace } from '../../models/types.ts';
import { honestChallenger } from '../../strategy/challenger.ts';
import { createSubmitter } from '../../strategy/submitter.ts';
import type { Player } from '../../strategy/types.ts';
import { REGION_BITS, REGION_INPUTS, WORD_BYTES } from '../../vm/constants.ts';
import { type Effect, evaluate, readLittleEndian } from '../../vm/effect.ts';
import { formOperands } from '../../vm/forms.ts';
import { createMachine, type Machine } from '../../vm/machine.ts';
import { type Arena, claim, offer, type Played, play, register, type Wallet } from './dispute.ts';

/** A bit of a weight that is another one in the submitter's copy from the moment at which one instruction reads it. */
export interface Flip {
  /** Graph step. */
  readonly step: number;
  readonly kernel: string;
  /** Name of the constant. */
  readonly weight: string;
  readonly element: number;
  readonly bit: number;
  /** The instruction of the operator's run that reads it. */
  readonly position: number;
  /** Flips that had to be tried until one changed the result. */
  readonly tries: number;
}

export interface NetworkDispute {
  readonly model: string;
  readonly id: string;
  readonly graphSteps: number;
  readonly flip: Flip;
  /** What the game ended at. */
  readonly disputed: {
    readonly step: number;
    readonly operator: string;
    readonly steps: number;
    readonly position: number;
    readonly instruction: StepDescription;
  };
  readonly winner: 'challenger' | 'submitter';
  /** Dissections that the challenger selected from. */
  readonly rounds: number;
  readonly moves: number;
  readonly gas: { readonly submitter: number; readonly challenger: number };
  readonly seconds: {
    /** Finding a flip that changes the result. */
    readonly lie: number;
    /** The verifier's own run: hashes of all graph states. */
    readonly check: number;
    readonly submitter: number;
    readonly challenger: number;
    /** Claim to decision, chain included. */
    readonly dispute: number;
  };
}

const TRIES = 60;
/** Instructions after a random one among which a read of a weight is looked for. */
const LOOK_AHEAD = 20_000;

/** xorshift32, from 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  // Small seeds begin with small numbers.
  for (let i = 0; i < 8; i++) next();
  return next;
}

/** Inputs of the right types: floats from 0 to 1, small non-negative integers. */
export function seededInputs(graph: Graph, seed: number): Uint8Array[] {
  const random = seeded(seed);
  return graph.slots
    .filter(({ slot }) => groupOf(slot) === 'input')
    .map((slot) => {
      const bytes = new Uint8Array(byteLength(slot));
      if (slot.dtype === 'f32') {
        const view = new DataView(bytes.buffer);
        for (let at = 0; at < bytes.length; at += 4) view.setFloat32(at, random(), true);
        return bytes;
      }
      const isByte = slot.dtype === 'u8' || slot.dtype === 'i8';
      const width = byteLength({ dtype: slot.dtype, shape: [] });
      for (let at = 0; at < bytes.length; at += width) {
        bytes[at] = Math.floor(random() * (isByte ? 256 : 2));
      }
      return bytes;
    });
}

type Candidate = { readonly step: number; readonly call: Call };

/** Calls that read a constant of numbers besides their attributes. */
function weighted({ program, slots }: Graph): Candidate[] {
  const isConstant = new Set(
    slots.filter(({ slot }) => groupOf(slot) === 'constant').map(({ slot }) => slot),
  );
  return program.flatMap((call, step) =>
    call.kind === 'call' && call.inputs.some((slot) => isConstant.has(slot))
      ? [{ step, call }]
      : [],
  );
}

async function endOf(trace: Trace): Promise<string> {
  const [end = ''] = await trace.graphHashes([trace.length]);
  return end;
}

/**
 * Finds a bit of a weight that changes the result, and the run with it: seeded choices of an operator, a moment of its run, the next
 * instruction there that reads a weight, and a bit of what it reads.
 */
export async function flippedRun(
  model: Model,
  engines: Engines,
  inputs: readonly Uint8Array[],
  seed: number,
): Promise<{ flip: Flip; trace: Trace }> {
  const random = seeded(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  const candidates = weighted(model.graph);
  if (candidates.length === 0) throw new Error(`${model.graph.name}: no operator has weights`);
  const honest = await model.trace(inputs);
  const truth = await endOf(honest);
  const finder = createFinder(model, engines, inputs);
  const lengths = new Map<number, number>();
  for (let tries = 1; tries <= TRIES; tries++) {
    const candidate = candidates[below(candidates.length)]!;
    const length = lengths.get(candidate.step) ?? (await honest.machine(candidate.step)).length;
    lengths.set(candidate.step, length);
    const read = finder(candidate, below(length));
    if (!read) continue;
    const bit = below(8 * read.width);
    const trace = await model.trace(inputs, read.flipped(bit));
    if ((await endOf(trace)) === truth) continue;
    const { position, weight } = read;
    const width = byteLength({ dtype: weight.dtype, shape: [] });
    const at = read.offset + (bit >> 3);
    return {
      trace,
      flip: {
        step: candidate.step,
        kernel: candidate.call.kernel,
        weight: weight.name,
        element: Math.floor(at / width),
        bit: 8 * (at % width) + (bit % 8),
        position,
        tries,
      },
    };
  }
  throw new Error(`${model.graph.name}: none of ${TRIES} flipped bits changes what comes out`);
}

interface Read {
  readonly position: number;
  readonly weight: Slot;
  /** Of the bytes read, in the weight. */
  readonly offset: number;
  readonly width: number;
  flipped(bit: number): Tamper;
}

/** Looks for instructions that read weights, from a position of an operator's run on. */
function createFinder(
  { graph, image }: Model,
  { interpreter, kernels }: Engines,
  inputs: readonly Uint8Array[],
): (candidate: Candidate, from: number) => Read | undefined {
  const machine = createMachine(interpreter);
  machine.load(image);
  const slots = new Map(graph.slots.map((entry) => [entry.slot, entry]));
  return ({ call, step }, from) => {
    const executor = createExecutor(graph, kernels);
    executor.load({}, inputs);
    for (const earlier of graph.program.slice(0, step)) {
      if (earlier.kind === 'call') executor.call(earlier, 0);
    }
    callStarter(graph, image, executor)(call)(machine);
    machine.run(from);
    for (let looked = 0; looked < LOOK_AHEAD && machine.status === 'running'; looked++) {
      const load = loadOf(machine);
      if (load) {
        const input = Math.floor(load.address / 2 ** REGION_BITS) - REGION_INPUTS;
        const slot = call.inputs[input];
        const weight = slot === undefined ? undefined : slots.get(slot);
        if (weight && groupOf(weight.slot) === 'constant') {
          return readAt(step, machine.position, weight, load);
        }
      }
      machine.run(1);
    }
    return undefined;
  };
}

type Load = Extract<Effect, { kind: 'load' }>;

/** The load that the machine is about to execute, if it is one. */
function loadOf(machine: Machine): Load | undefined {
  const { code } = machine.image;
  const { fp, pages, pc } = machine;
  const operands = formOperands(code.subarray(pc * WORD_BYTES, (pc + 1) * WORD_BYTES), fp);
  if (!operands.row?.width) return undefined;
  const content = new Map(operands.slots.map((slot) => [slot, machine.readSlot(slot)]));
  const effect = evaluate(operands, { pc, fp, pages }, 0n, (slot) => content.get(slot) ?? 0n);
  return effect.kind === 'load' ? effect : undefined;
}

function readAt(step: number, position: number, weight: Slot, load: Load): Read {
  const { address, width } = load;
  return {
    ...{ position, weight, width },
    offset: address % 2 ** REGION_BITS,
    flipped: (bit) => ({
      machine: {
        step,
        // After the load: up to it the run is the true one.
        position: position + 1,
        apply(machine) {
          const bytes = machine.readMemory(address, width).slice();
          bytes[bit >> 3]! ^= 1 << (bit % 8);
          machine.writeMemory(address, bytes);
          const { slot, value } = load.finish(readLittleEndian(bytes, 0, width));
          machine.writeSlot(slot, value);
        },
      },
    }),
  };
}

/** A player, and the time that it takes for its moves. */
function timed(player: Player): { player: Player; seconds(): number } {
  let spent = 0;
  return {
    seconds: () => spent / 1000,
    player: {
      role: player.role,
      async next(game) {
        const from = performance.now();
        try {
          return await player.next(game);
        } finally {
          spent += performance.now() - from;
        }
      },
    },
  };
}

const gasOf = ({ moves }: Played, side: 'submitter' | 'challenger'): number =>
  moves.reduce((sum, { by, gasUsed }) => sum + (by === side ? gasUsed : 0), 0);

const registered = new WeakMap<Arena, Set<string>>();

/** Registers a model and its offer, unless this arena has them. */
async function registerOnce(arena: Arena, wallet: Wallet, model: Model): Promise<void> {
  const known = registered.get(arena) ?? new Set();
  registered.set(arena, known);
  if (known.has(model.id)) return;
  known.add(model.id);
  await register(arena, wallet, model);
  await offer(arena, wallet, model);
}

/** Registers a model, claims what a run with a flipped weight gives, challenges it and plays to the end. */
export async function disputeNetwork(
  arena: Arena,
  engines: Engines,
  // Each side has a model of its own: they share no machine and no cache.
  { liar, verifier }: { readonly liar: Model; readonly verifier: Model },
  { inputs, seed }: { readonly inputs: Uint8Array[]; readonly seed: number },
): Promise<NetworkDispute> {
  const { anvil, k } = arena;
  const [owner, first, second] = [0, 1, 2].map((index) => anvil.wallet(index));
  await registerOnce(arena, owner!, liar);
  const clock = (): number => performance.now() / 1000;
  const began = clock();
  const { flip, trace } = await flippedRun(liar, engines, inputs, seed);
  const lied = clock();
  const end = (await endOf(trace)) as `0x${string}`;
  const own = await verifier.trace(inputs);
  const checking = clock();
  await endOf(own);
  const checked = clock();
  const target = await claim(arena, first!, liar, inputs, end);
  const submitter = timed(createSubmitter(trace, { k, concede: false }));
  const challenger = timed(honestChallenger(own, k));
  const played = await play(
    arena,
    target,
    { wallet: first!, player: submitter.player },
    { wallet: second!, player: challenger.player },
  );
  const ended = clock();
  const { graphStep = 0, lo, status } = played.game;
  const machine = await own.machine(graphStep);
  const call = verifier.graph.program[graphStep % verifier.graph.program.length];
  return {
    model: verifier.graph.name,
    id: verifier.id,
    graphSteps: own.length,
    flip,
    disputed: {
      step: graphStep,
      operator: call?.kind === 'call' ? call.kernel : '',
      steps: machine.length,
      position: lo,
      instruction: await machine.describe(lo),
    },
    winner: status === 'challenger_won' ? 'challenger' : 'submitter',
    rounds: played.moves.filter(({ kind }) => kind === 'select').length,
    moves: played.moves.length,
    gas: {
      submitter: target.gasUsed + gasOf(played, 'submitter'),
      challenger: gasOf(played, 'challenger'),
    },
    seconds: {
      lie: lied - began,
      check: checked - checking,
      submitter: submitter.seconds(),
      challenger: challenger.seconds(),
      dispute: ended - checked,
    },
  };
}
