import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Descent, Hash, MachineTrace, Trace } from '../../models/types.ts';
import { honestChallenger } from '../../strategy/challenger.ts';
import { createSubmitter, honestSubmitter } from '../../strategy/submitter.ts';
import { type GameView, type Player, partEnds } from '../../strategy/types.ts';

const hash = (n: number): Hash => `0x${n.toString(16).padStart(64, '0')}`;

/** A trace over explicit hashes: `graph[i]` at position i, one machine run of `machine.length - 1` steps behind every step. */
function listTrace(graph: readonly Hash[], machine: readonly Hash[]): Trace {
  const at = (list: readonly Hash[], i: number): Hash => list[Math.min(i, list.length - 1)] as Hash;
  const run: MachineTrace = {
    length: machine.length - 1,
    end: at(machine, machine.length),
    hashes: async (positions) => positions.map((i) => at(machine, i)),
    witness: async (position) => new Uint8Array([position]),
    describe: async (pc) => ({ pc, fp: 0, text: '', operands: [] }),
  };
  return {
    length: graph.length - 1,
    graphHashes: async (positions) => positions.map((i) => at(graph, i)),
    machine: async () => run,
    descent: async () => ({ kind: 'call', steps: machine.length - 1 }) as Descent,
  };
}

/** Plays one game by the rules of docs/protocol.md and returns the last position, or who conceded. */
async function play(submitter: Player, challenger: Player, graph: [number, Hash, Hash], k: number) {
  let game: GameView = {
    gameId: hash(1),
    claimId: hash(2),
    level: 0,
    turn: 0,
    lo: 0,
    hi: graph[0],
    loHash: graph[1],
    hiHash: graph[2],
    dissection: [],
  };
  for (let moves = 0; moves < 200; moves++) {
    const move = await (game.turn === 0 ? submitter : challenger).next(game);
    if (move.kind === 'concede') return { conceded: game.turn === 0 ? 'submitter' : 'challenger' };
    if (move.kind === 'prove') return { level: game.level, lo: game.lo, step: game.graphStep };
    if (move.kind === 'dissect') {
      game = { ...game, turn: 1, dissection: [...move.hashes, game.hiHash] };
    } else if (move.kind === 'select') {
      const ends = partEnds(game.lo, game.hi, k);
      game = {
        ...game,
        turn: 0,
        lo: move.part === 0 ? game.lo : (ends[move.part - 1] as number),
        hi: ends[move.part] as number,
        loHash: move.part === 0 ? game.loHash : (game.dissection[move.part - 1] as Hash),
        hiHash: game.dissection[move.part] as Hash,
        dissection: [],
      };
    } else if (move.kind === 'descend') {
      const end = (await (await liar.machine(0)).hashes([move.descent.steps]))[0] as Hash;
      const start = (await (await liar.machine(0)).hashes([0]))[0] as Hash;
      game = {
        ...game,
        level: 1,
        turn: move.descent.steps === 1 ? 0 : 1,
        graphStep: game.lo,
        lo: 0,
        hi: move.descent.steps,
        loHash: start,
        hiHash: end,
        dissection: move.hashes.length > 0 ? [...move.hashes, end] : [],
      };
    } else throw new Error(`unexpected ${move.kind}`);
  }
  throw new Error('the game did not end');
}
let liar: Trace;

/** Hashes that leave the true ones at `from`, agree again where `back` says so, and differ at the end. */
function lie(truth: readonly Hash[], from: number, back: readonly boolean[]): Hash[] {
  return truth.map((h, i) =>
    i < from || (i < truth.length - 1 && back[i % Math.max(back.length, 1)])
      ? h
      : hash(Number(BigInt(h)) + 1_000_000),
  );
}

describe('bisection', () => {
  it('ends at a step whose start is true and whose end is false, also when false hashes turn true again', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
        fc.nat(),
        fc.array(fc.boolean(), { maxLength: 7 }),
        fc.integer({ min: 2, max: 40 }),
        async (graphSteps, machineSteps, a, b, back, k) => {
          const graph = Array.from({ length: graphSteps + 1 }, (_, i) => hash(i));
          const machine = Array.from({ length: machineSteps + 1 }, (_, i) => hash(10_000 + i));
          const falseGraph = lie(graph, 1 + (a % graphSteps), back);
          const falseMachine = lie(machine, 1 + (b % machineSteps), back);
          liar = listTrace(falseGraph, falseMachine);
          const end = await play(
            createSubmitter(liar, { k, concede: false }),
            honestChallenger(listTrace(graph, machine), k),
            [graphSteps, graph[0] as Hash, falseGraph.at(-1) as Hash],
            k,
          );
          expect(end).toMatchObject({ level: 1 });
          const { lo = -1, step = -1 } = end;
          expect([falseGraph[step], falseMachine[lo]]).toEqual([graph[step], machine[lo]]);
          expect(falseGraph[step + 1]).not.toBe(graph[step + 1]);
          expect(falseMachine[lo + 1]).not.toBe(machine[lo + 1]);
        },
      ),
      { numRuns: 200 },
    ));

  it('makes an honest challenger concede a true claim, and an honest submitter a false one', async () => {
    const truth = listTrace([hash(0), hash(1), hash(2)], [hash(7), hash(8)]);
    liar = truth;
    const start: [number, Hash, Hash] = [2, hash(0), hash(2)];
    expect(await play(honestSubmitter(truth, 4), honestChallenger(truth, 4), start, 4)).toEqual({
      conceded: 'challenger',
    });
    const wrong: [number, Hash, Hash] = [2, hash(0), hash(3)];
    expect(await play(honestSubmitter(truth, 4), honestChallenger(truth, 4), wrong, 4)).toEqual({
      conceded: 'submitter',
    });
  });

  it('divides a segment into parts that cover it, none empty, the last one ending at hi', () =>
    fc.assert(
      fc.property(
        fc.nat(2 ** 40),
        fc.integer({ min: 1, max: 2 ** 48 }),
        fc.integer({ min: 2, max: 64 }),
        (lo, length, k) => {
          const ends = partEnds(lo, lo + length, k);
          expect(ends).toHaveLength(Math.min(k, length));
          expect(ends.at(-1)).toBe(lo + length);
          ends.forEach((end, i) => {
            expect(end).toBeGreaterThan(i === 0 ? lo : (ends[i - 1] as number));
          });
        },
      ),
    ));
});
