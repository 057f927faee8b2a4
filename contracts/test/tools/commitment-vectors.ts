/**
 * Writes build/vectors/commitments.json: what chain/commit.ts and models/commit.ts compute, which contracts/test/Commit.t.sol
 * holds contracts/src/Commit.sol against. Values are such that no two fields are alike and every byte of a field counts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  claimId,
  demandId,
  gameId,
  gameStateHash,
  leafHash,
  offerId,
  positionHash,
  requestHash,
  startHash,
} from '../../../chain/commit.ts';
import { batchRoot, batchSiblings, dissectionRoot, partSiblings } from '../../../chain/trees.ts';
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
const at = { chainId, contract } as const;
const terms = {
  submitter: account,
  token: other,
  fee: 0x9192939495969798999a9b9c9d9e9fa0n,
  window: 0xa1a2a3,
  clock: 0xa4a5a6,
  increment: 0xa7a8a9,
  descentIncrement: 0xaaabac,
  commitDelay: 0xadaeaf,
  claimBond: 0xb1b2b3b4b5b6b7b8b9babbbcn,
  challengeBond: 0xc1c2c3c4c5c6c7c8c9cacbccn,
  repayment: 0xd1d2d3d4d5d6d7d8d9dadbdcn,
} as const;
const offer = offerId({ ...at, model: modelId(registration), terms });
const request = {
  requester: account,
  nonce: 0x2122232425262728n,
  model: modelId(registration),
  iterations: 0x292a2b2c,
  inputsRoot: some('inputs'),
  fee: 0x3132333435363738393a3b3c3d3e3f40n,
  deadline: 0x4142434445464748n,
} as const;
const hashOfRequest = requestHash({ ...at, ...request });
const claim = {
  offer,
  submitter: other,
  source: account,
  first: 0x8182838485868788n,
  count: 0x898a8b8c,
  root: some('root of the claim'),
} as const;
const hashOfClaim = claimId({ ...at, ...claim });
const game = {
  claimId: hashOfClaim,
  challenger: account,
  number: 0x51525354,
  iterations: 0x55565758,
  level: 1,
  turn: 1,
  lo: 0x6162636465666768n,
  hi: 0x7172737475767778n,
  loHash: some('lo'),
  hiHash: some('hi'),
  dissection: some('dissection'),
  code: some('code of the game'),
} as const;
const demand = { claim: hashOfClaim, kind: 1, index: 0xe1e2e3e4, wanted: some('wanted') } as const;

/** Sizes of claims, with every leaf's path for the small ones. */
const BATCHES = [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 100, 257, 4095, 4096];
const batches = BATCHES.flatMap((count) => {
  const leaves = Array.from({ length: count }, (_, i) =>
    leafHash(some(`request ${i}`), some(`end ${i}`)),
  );
  const indices = new Set(count < 34 ? leaves.keys() : [0, 1, count >> 1, count - 2, count - 1]);
  const root = batchRoot(leaves);
  return [...indices].map((index) => ({
    count,
    index,
    root,
    siblings: batchSiblings(leaves, index),
  }));
});

/** Dissections: k, number of parts, and a part to prove. */
const DISSECTIONS = [16, 17, 24, 32, 64].flatMap((k) =>
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
    terms,
    offer,
    request,
    requestHash: hashOfRequest,
    leaf: leafHash(hashOfRequest, some('end')),
    claim,
    claimId: hashOfClaim,
    game,
    gameId: gameId({
      ...at,
      claim: hashOfClaim,
      challenger: game.challenger,
      number: game.number,
    }),
    gameState: gameStateHash(game),
    position: positionHash(game),
    demand: { ...demand, node: 0xf1f2f3f4 },
    demandId: demandId({ ...at, ...demand, node: 0xf1f2f3f4 }),
    start: startHash(registration, request.inputsRoot),
    inputs: [0, 1, 127, 128, 129, 3136, 16384].map((length) => {
      const input = Uint8Array.from({ length }, (_, i) => (i * 7 + 1) & 0xff);
      return inputsRoot([input]);
    }),
    // Columns, because forge reads no column of a list of objects.
    batches: {
      count: batches.map(({ count }) => count),
      index: batches.map(({ index }) => index),
      root: batches.map(({ root }) => root),
      depth: batches.map(({ siblings }) => siblings.length),
      siblings: batches.flatMap(({ siblings }) => siblings),
    },
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
console.log(
  `build/vectors/commitments.json: ${dissections.length} dissections, ${batches.length} leaves of claims`,
);
