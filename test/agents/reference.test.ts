import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readBundle } from '../../models/bundle.ts';
import { type Engines, loadModel, type Model, ModelError, type Trace } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import type { Hash } from '../../models/types.ts';
import { compileWasm, MODEL_FILE, readWasm } from '../../scripts/lib/models.ts';
import { disputedPart, honestChallenger } from '../../strategy/challenger.ts';
import { honestParty } from '../../strategy/party.ts';
import { honestSubmitter } from '../../strategy/submitter.ts';
import { type GameView, partEnds } from '../../strategy/types.ts';

const K = 16;
const file = new Uint8Array(readFileSync(MODEL_FILE));
const inputs = [readDigits('test').image(0).slice()];
/** An operator in the middle of the model. */
const STEP = 2;
let engines: Engines;
let model: Model;
/** Of the sound model, and of one that computes one bit wrongly at STEP. */
let sound: Trace;
let damaged: Trace;

beforeAll(async () => {
  const kernelsWasm = readWasm('kernels');
  engines = {
    kernels: compileWasm(kernelsWasm),
    kernelsWasm,
    interpreter: compileWasm(readWasm('interpreter')),
  };
  model = await loadModel(file, engines);
  sound = await model.trace(inputs);
  damaged = await model.trace(inputs, {
    outputs: new Map([[STEP, (output) => output.set([(output[3] as number) ^ 0x40], 3)]]),
  });
});

const flipped = (at: number, bit: number): Uint8Array => {
  const copy = file.slice();
  copy[at] = (copy[at] as number) ^ (1 << bit);
  return copy;
};

/** All of a graph that decides what it computes. */
const withoutNames = (bytes: Uint8Array) => {
  const { maxIterations, program, slots } = readBundle(bytes);
  return { maxIterations, program, slots: slots.map(({ name, ...slot }) => slot) };
};

describe('a model file with one flipped bit', () => {
  const headerBytes = new DataView(file.buffer).getUint32(12, true);

  async function expectNotTaken(at: number, bit: number): Promise<void> {
    const bytes = flipped(at, bit);
    let id: Hash;
    try {
      ({ id } = await loadModel(bytes, engines));
    } catch (error) {
      expect(error).toBeInstanceOf(ModelError);
      return;
    }
    if (id !== model.id) return;
    // Names mean nothing: such a model is the same one.
    expect(at).toBeLessThan(16 + headerBytes);
    expect(withoutNames(bytes)).toEqual(withoutNames(file));
  }

  test('among the tensors is another model', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 16 + headerBytes, max: file.length - 1 }),
        fc.nat(7),
        expectNotTaken,
      ),
      { numRuns: 12, examples: [[file.length - 1, 0]] },
    ));

  test('in its header is refused, another model, or has another name', () =>
    fc.assert(fc.asyncProperty(fc.nat(16 + headerBytes - 1), fc.nat(7), expectNotTaken), {
      numRuns: 40,
    }));
});

/** A game about this claim, at its start. */
async function start(end: Hash): Promise<GameView> {
  const [loHash] = await sound.graphHashes([0]);
  return {
    gameId: '0x01',
    claimId: '0x02',
    level: 0,
    turn: 0,
    lo: 0,
    hi: sound.length,
    loHash: loHash as Hash,
    hiHash: end,
    dissection: [],
  };
}

const endOf = async (trace: Trace): Promise<Hash> =>
  (await trace.graphHashes([trace.length]))[0] as Hash;

const dissected = async (game: GameView, trace: Trace): Promise<GameView> => ({
  ...game,
  turn: 1,
  dissection: await trace.graphHashes(partEnds(game.lo, game.hi, K)),
});

test('the damage matters: both traces end differently', async () => {
  expect(await endOf(damaged)).not.toBe(await endOf(sound));
});

describe('an honest submitter', () => {
  test('whose reference is damaged after it claimed concedes at once', async () => {
    const game = await start(await endOf(sound));
    expect(await honestSubmitter(damaged, K).next(game)).toEqual({ kind: 'concede' });
  });

  test('that claimed with a damaged reference concedes when it is sound again', async () => {
    const game = await start(await endOf(damaged));
    expect(await honestSubmitter(sound, K).next(game)).toEqual({ kind: 'concede' });
  });

  test('concedes at the machine level too when the segment isn’t its own', async () => {
    const machine = await sound.machine(STEP);
    const [loHash, hiHash] = (await machine.hashes([0, machine.length])) as [Hash, Hash];
    const game: GameView = {
      ...(await start(hiHash)),
      ...{ level: 1, hi: machine.length, graphStep: STEP, loHash, hiHash },
    };
    const player = honestSubmitter(sound, K);
    expect(await player.next(game)).toMatchObject({ kind: 'dissect' });
    for (const wrong of [{ loHash: hiHash }, { hiHash: loHash }]) {
      expect(await player.next({ ...game, ...wrong })).toEqual({ kind: 'concede' });
    }
  });

  test('with a sound reference defends its claim', async () => {
    const { end, player } = await honestParty(model, inputs, K);
    expect(end).toBe(await endOf(sound));
    expect(await player.next(await start(end))).toMatchObject({ kind: 'dissect' });
  });
});

describe('an honest challenger', () => {
  test('concedes when nothing in the dissection differs from its own run', async () => {
    const game = await dissected(await start(await endOf(sound)), sound);
    expect(await honestChallenger(sound, K).next(game)).toEqual({ kind: 'concede' });
  });

  test('concedes when the segment starts from a state that isn’t its own', async () => {
    const game = await dissected(await start(await endOf(damaged)), damaged);
    const elsewhere = { ...game, loHash: game.hiHash };
    expect(await honestChallenger(sound, K).next(elsewhere)).toEqual({ kind: 'concede' });
  });

  test('selects the part in which the damaged operator lies', async () => {
    const game = await dissected(await start(await endOf(damaged)), damaged);
    const part = partEnds(game.lo, game.hi, K).findIndex((end) => end > STEP);
    expect(await honestChallenger(sound, K).next(game)).toEqual({ kind: 'select', part });
  });

  test('is misled by no hashes that turn right again: its part starts right and ends wrong', async () => {
    const game = await dissected(await start(await endOf(damaged)), sound);
    const own = [game.loHash, ...game.dissection];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), {
          minLength: game.dissection.length - 1,
          maxLength: game.dissection.length - 1,
        }),
        async (areWrong) => {
          // The last end is the claim's, which is wrong.
          const dissection = game.dissection.map((hash, i) =>
            areWrong[i] !== false ? (`0x${'ee'.repeat(31)}${i + 10}` as Hash) : hash,
          );
          const part = await disputedPart(sound, { ...game, dissection }, K);
          const posted = [game.loHash, ...dissection];
          expect(posted[part]).toBe(own[part]);
          expect(posted[part + 1]).not.toBe(own[part + 1]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
