/**
 * Runs without a model: hashes are made of labels, and two positions have the same hash where their states would be the same.
 * contracts/test/invariants/Trace.sol says the same about a real small model, so a game played here can be played there.
 */
import { type Hex, keccak256, toHex } from 'viem';
import type { Descent, Hash, MachineTrace, Trace } from '../models/types.ts';

/** A lie: a false output of call `graph`, whose machine states are false behind position `machine`. */
export interface Lie {
  /** 0 to the number of calls; the last: all is true but the end. */
  readonly graph: number;
  readonly machine: number;
  /** Positions whose hashes are true again behind the lie: bit position % 8. */
  readonly back: number;
  /** Whether the hashes between the graph's ends are garbage, although true ones exist. */
  readonly garbage: boolean;
}

/** The size of a run: calls of the graph, and steps of the machine behind each. */
export interface Size {
  readonly calls: number;
  readonly run: number;
}

const known = new Map<string, Hash>();

/** A hash that belongs to a label alone. */
export function label(...parts: readonly (string | number)[]): Hash {
  const text = parts.join(' ');
  let hash = known.get(text);
  if (!hash) {
    hash = keccak256(toHex(text) as Hex);
    known.set(text, hash);
  }
  return hash;
}

const isBack = ({ back }: Lie, position: number): boolean => ((back >> (position % 8)) & 1) === 1;

/** What a submitter says about a position of the graph; without a lie, what is true. */
export function graphHash({ calls }: Size, lie: Lie | undefined, position: number): Hash {
  if (!lie || position === 0) return label('graph', position);
  if (position === calls + 1) return label('false end', lie.graph);
  if (lie.garbage) return label('garbage', position);
  if (position <= lie.graph) return label('graph', position);
  if (position === lie.graph + 1) return label('after', lie.graph);
  return isBack(lie, position) ? label('graph', position) : label('lie', position);
}

/** The same about a position of the machine's run at a graph step. */
export function machineHash(
  size: Size,
  lie: Lie | undefined,
  step: number,
  position: number,
): Hash {
  if (!lie || lie.graph !== step || position <= lie.machine)
    return label('machine', step, position);
  if (position === size.run) return label('false output', step);
  return isBack(lie, position)
    ? label('machine', step, position)
    : label('machine lie', step, position);
}

/** A party's own run, for the strategies. */
export function traceOf(size: Size, lie?: Lie): Trace {
  const machine = (step: number): MachineTrace => ({
    length: size.run,
    end: machineHash(size, lie, step, size.run),
    hashes: async (positions) => positions.map((at) => machineHash(size, lie, step, at)),
    witness: async (position) => new Uint8Array([position & 255]),
    describe: async (pc) => ({ pc, fp: 0, text: '', operands: [] }),
  });
  return {
    length: size.calls + 1,
    graphHashes: async (positions) => positions.map((at) => graphHash(size, lie, at)),
    machine: async (step) => machine(step),
    descent: async (step) =>
      (step < size.calls
        ? { kind: 'call', steps: size.run, trapped: false }
        : { kind: 'finish', steps: 0, trapped: false }) as unknown as Descent,
  };
}
