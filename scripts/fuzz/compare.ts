/** What the engines say about one module with its runs, and where they differ. */
import type { Machine } from '../../vm/machine.ts';
import type { Image } from '../../vm/types.ts';
import { encode, encodeBodies } from './encode.ts';
import { type Outcome, type Run, runInEngine } from './engine.ts';
import { type Guest, guestOf } from './guest.ts';
import { withCanonicalNans, withFuel } from './instrument.ts';
import { checkStep, GuestMachine, type MachineOutcome } from './machine.ts';
import type { ThirdEngine } from './third-engine.ts';

/** A module with its tests, before fuel. */
export interface Subject {
  readonly guest: Guest;
  readonly fuel: number;
  readonly runs: readonly Run[];
}

export type Judge = 'V8' | 'JavaScriptCore' | 'step';

export interface Mismatch {
  readonly judge: Judge;
  readonly run: Run;
  readonly text: string;
}

/** The bytes that the machine runs, and what they are to leave behind. */
export interface Built {
  readonly bytes: Uint8Array;
  readonly observed: readonly number[];
  readonly runs: readonly Run[];
}

/** Throws WasmError if the guest isn't valid. */
export function build({ guest, fuel, runs }: Subject): Built {
  return { bytes: encode(withFuel(guest, fuel)), observed: guest.observed, runs };
}

/** What an engine that is free in the bits of NaNs runs instead. */
export const canonicalBytes = ({ bytes, observed }: Built): Uint8Array =>
  encode(withCanonicalNans(guestOf(bytes, observed)));

const describe = ({ kind, trap, detail, pages }: Outcome): string =>
  `${kind}${trap ? ` (${trap})` : ''}${detail ? ` "${detail}"` : ''}${pages === undefined ? '' : `, ${pages} pages`}`;

/** How two ends of a run differ; undefined: not, or the specification leaves it open. */
export function difference(machine: Outcome, other: Outcome): string | undefined {
  if (other.kind === 'error' || machine.kind === 'error')
    return `machine ${describe(machine)}, engine ${describe(other)}`;
  if (machine.kind === 'exhausted' || other.kind === 'exhausted') return undefined;
  if (machine.kind !== other.kind || machine.trap !== other.trap || machine.pages !== other.pages) {
    return `machine ${describe(machine)}, engine ${describe(other)}`;
  }
  const i = (machine.observed ?? []).findIndex((value, k) => value !== other.observed?.[k]);
  if (i >= 0) return `r${i}: machine ${machine.observed?.[i]}, engine ${other.observed?.[i]}`;
  if (machine.observed?.length !== other.observed?.length) return 'not the same globals';
  return machine.memory === other.memory ? undefined : 'the memories differ';
}

export interface Engines {
  readonly machine: Machine;
  readonly third?: ThirdEngine | undefined;
  /** Plants a fault into the machine's image. */
  readonly change?: ((image: Image) => Image) | undefined;
}

export interface Judgement {
  readonly guestMachine: GuestMachine;
  readonly outcomes: readonly MachineOutcome[];
  readonly mismatches: readonly Mismatch[];
  /** Runs of which some engine's stack or the machine's patience ended. */
  readonly undecided: number;
}

/** Runs a module everywhere. Throws what loading and lowering throw. */
export async function judge(built: Built, { machine, third, change }: Engines): Promise<Judgement> {
  const { bytes, observed, runs } = built;
  const engineBytes = canonicalBytes(built);
  const answer = third?.run(engineBytes, runs);
  const guestMachine = new GuestMachine(machine, bytes, observed, change);
  const outcomes = runs.map((run) => guestMachine.run(run));
  const v8 = runInEngine(engineBytes, runs);
  const others: readonly (readonly [Judge, readonly Outcome[]])[] = [
    ['V8', v8],
    ...(answer ? [['JavaScriptCore', await answer] as const] : []),
  ];
  const mismatches: Mismatch[] = [];
  let undecided = 0;
  runs.forEach((run, i) => {
    const mine = outcomes[i] as MachineOutcome;
    const theirs = others.map(([of, all]) => [of, all[i] as Outcome] as const);
    if ([mine, ...theirs.map(([, o]) => o)].some(({ kind }) => kind === 'exhausted'))
      undecided += 1;
    for (const [of, outcome] of theirs) {
      const text = difference(mine, outcome);
      if (text) mismatches.push({ judge: of, run, text });
    }
  });
  return { guestMachine, outcomes, mismatches, undecided };
}

/** The first step of a run, among one of each pc and the last one, that its own witness doesn't prove. */
export function wrongStep(guestMachine: GuestMachine, run: Run): string | undefined {
  const { first, last } = guestMachine.trace(run);
  const positions = [...new Set([...first.values(), last])].sort((x, y) => x - y);
  for (const step of guestMachine.steps(run, positions)) {
    const text = checkStep(step);
    if (text) return `step ${step.position} (opcode 0x${step.opcode.toString(16)}): ${text}`;
  }
  return undefined;
}

/** Whether decoding and encoding again gives the same bodies: a wrong decoder would mislead all engines alike. */
export function survivesRoundTrip(bytes: Uint8Array, guest: Guest): boolean {
  const needle = encodeBodies(guest).bodies;
  let at = 0;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const body of needle) {
    at = text.indexOf(Uint8Array.from(body), at);
    if (at < 0) return false;
    at += body.length;
  }
  return true;
}
