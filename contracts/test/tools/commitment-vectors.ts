/**
 * Writes build/vectors/commitments.json: what chain/commit.ts and models/commit.ts compute, which contracts/test/Commit.t.sol
 * holds contracts/src/Commit.sol against. Values are such that no two fields are alike and every byte of a field counts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  claimId,
  dissectionRoot,
  gameId,
  gameStateHash,
  partSiblings,
  requestHash,
  startHash,
} from '../../../chain/commit.ts';
import { imageHash, inputsRoot, modelId, requestSlotsRoot } from '../../../models/commit.ts';
import { fromHash, keccak256, toHash, ZERO } from '../../../models/hash.ts';
import type { Hash } from '../../../models/types.ts';

const some = (name: string): Hash => toHash(keccak256(new TextEncoder().encode(name)));
const chainId = 0x1234_5678_9abcn;
const contract = '0xc0de000102030405060708090a0b0c0d0e0f1011';
const account = '0xacc0000102030405060708090a0b0c0d0e0f1012';
const other = '0x0714e50102030405060708090a0b0c0d0e0f1013';

const image = {
  codeRoot: some('code'),
  dataRoot: some('data'),
  wasmHash: some('wasm'),
  loweringVersion: 0x01020304,
};
const outputsRoot = some('outputs');
const rest = some('rest');
const registration = {
  length: 0x0a0b0c,
  maxIterations: 0x0d0e0f10,
  programRoot: some('program'),
  initialSlotsRoot: toHash(requestSlotsRoot(ZERO[35]!, fromHash(outputsRoot), fromHash(rest))),
  outputsRoot,
  rest,
  slotTableRoot: some('slot table'),
  image,
  imageHash: imageHash(image),
  machineVersion: 0x11121314,
};
const request = {
  chainId,
  contract,
  requester: account,
  nonce: 0x2122232425262728n,
  model: modelId(registration),
  iterations: 0x292a2b2c,
  inputsRoot: some('inputs'),
  fee: 0x3132333435363738393a3b3c3d3e3f40n,
  deadline: 0x4142434445464748n,
} as const;
const hashOfRequest = requestHash(request);
const claim = claimId({
  chainId,
  contract,
  request: hashOfRequest,
  submitter: other,
  end: some('end'),
});
const id = gameId({ chainId, contract, claim, challenger: account, number: 0x51525354 });
const game = {
  id,
  level: 1,
  turn: 1,
  lo: 0x6162636465666768n,
  hi: 0x7172737475767778n,
  loHash: some('lo'),
  hiHash: some('hi'),
  dissection: some('dissection'),
  codeRoot: some('code of the game'),
} as const;

/** Dissections: k, number of parts, and a part to prove. */
const DISSECTIONS = [2, 3, 5, 16, 24, 32, 64].flatMap((k) =>
  [2, Math.ceil(k / 2), k].flatMap((parts) =>
    parts < 2 ? [] : Array.from({ length: parts }, (_, part) => ({ k, parts, part })),
  ),
);
const dissections = DISSECTIONS.map(({ k, parts, part }) => {
  const ends = Array.from({ length: parts }, (_, i) => some(`end ${i}`));
  return { k, parts, part, root: dissectionRoot(ends, k), siblings: partSiblings(ends, part, k) };
});

const text = (value: unknown) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value);
const content = JSON.stringify(
  {
    chainId,
    contract,
    account,
    other,
    registration,
    image: imageHash(image),
    model: modelId(registration),
    request,
    requestHash: hashOfRequest,
    claim,
    gameId: id,
    game,
    gameState: gameStateHash(game),
    start: startHash(registration, request.inputsRoot),
    inputs: [0, 1, 127, 128, 129, 3136, 16384].map((length) => {
      const input = Uint8Array.from({ length }, (_, i) => (i * 7 + 1) & 0xff);
      return inputsRoot([input]);
    }),
    // Columns, because forge reads no column of a list of objects.
    dissections: {
      k: dissections.map(({ k }) => k),
      parts: dissections.map(({ parts }) => parts),
      part: dissections.map(({ part }) => part),
      root: dissections.map(({ root }) => root),
      siblingCount: dissections.map(({ siblings }) => siblings.length),
      siblings: dissections.flatMap(({ siblings }) => siblings),
    },
  },
  (_, value) => text(value),
  2,
);
const target = join(import.meta.dirname, '../../../build/vectors/commitments.json');
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, `${content}\n`);
console.log(`build/vectors/commitments.json: ${dissections.length} dissections`);
