/** Aims for gas, and docs/gas.md. */
import {
  dearestProve,
  proveWith,
  type Step,
  TOKEN,
  TOKEN_FLOOR,
  TRANSACTION,
} from '../../economics/gas.ts';
import { figure, type Table, toMarkdown } from '../../economics/table.ts';
import { DEFAULT_OFFER } from '../../economics/terms.ts';
import type { Batch, Dispute, Figures } from './figures.ts';

const RUNS = 1000;
const CODE_LIMIT = 24_576;

export interface Aim {
  readonly name: string;
  readonly value: number;
  readonly most: number;
}

/** A dispute that is played to the end: by whoever proves the last instruction, or the clock, whichever is dearer. */
export function wholeDispute(dispute: Dispute, proveTokens: number, step: Step): number {
  const { challenger, submitter, timeout, prove } = dispute;
  return challenger + submitter + Math.max(timeout, proveWith(prove, proveTokens, step));
}

const perRun = ({ commitment = 0, claim, finalize }: Batch): number =>
  Math.round((commitment + claim + finalize) / RUNS);

function disputeAt(disputes: Readonly<Record<string, Dispute>>, k: number): Dispute {
  const found = disputes[k];
  if (!found) throw new Error(`no dispute was measured at k = ${k}`);
  return found;
}

export function aims(figures: Figures): Aim[] {
  const { batches, deployment, disputes, proveTokens } = figures;
  const { k } = DEFAULT_OFFER;
  return [
    {
      name: `a dispute of MNIST's size, k = ${k}`,
      value: wholeDispute(disputeAt(disputes.short, k), proveTokens, figures.dearestMnistStep),
      most: 1_100_000,
    },
    {
      name: `a dispute over 2^20 x 2^40 steps, k = ${k}`,
      value: wholeDispute(disputeAt(disputes.long, k), proveTokens, figures.dearestStep),
      most: 2_000_000,
    },
    { name: 'a result of 1,000, requests on chain', value: perRun(batches.requests), most: 1500 },
    { name: 'the same with a commitment', value: perRun(batches.committed), most: 1500 },
    { name: 'a result of 1,000, requests by HTTP', value: perRun(batches.pairs), most: 3000 },
    { name: 'a request without input', value: figures.request, most: 150_000 },
    { name: 'a delivery of 40 bytes', value: figures.deliver, most: 200_000 },
    {
      name: 'the largest contract, bytes',
      value: Math.max(...Object.values(deployment).map(({ bytes }) => bytes)),
      most: CODE_LIMIT,
    },
  ];
}

export const aimTable = (figures: Figures): Table => ({
  name: 'aims',
  title: 'Gas, and what it is to be at most',
  head: ['figure', 'value', 'aim', ''],
  rows: aims(figures).map(({ name, value, most }) => [
    name,
    value,
    most,
    value <= most ? 'met' : 'missed',
  ]),
});

function disputeTable(figures: Figures, size: 'short' | 'long'): Table {
  const step = size === 'short' ? figures.dearestMnistStep : figures.dearestStep;
  return {
    name: size,
    title: '',
    head: ['k', 'challenger', 'submitter', 'ended by timeout', 'ended by the dearest step'],
    rows: Object.entries(figures.disputes[size]).map(([k, dispute]) => {
      const { challenger, prove, submitter, timeout } = dispute;
      const moves = challenger + submitter;
      return [
        k,
        challenger,
        submitter,
        moves + timeout,
        moves + proveWith(prove, figures.proveTokens, step),
      ];
    }),
  };
}

function moveTable(figures: Figures): Table {
  const ks = Object.keys(figures.moves);
  const names = Object.keys(figures.calldata[ks[0]!] ?? {});
  return {
    name: 'moves',
    title: '',
    head: ['move', ...ks.map((k) => `k = ${k}`)],
    rows: [
      ...names.map((name) => [
        name,
        ...ks.map((k) => (figures.moves[k] as unknown as Record<string, number>)[name] ?? ''),
      ]),
      ['prove, dearest step', ...ks.map((k) => dearestProve(figures, figures.moves[k]!))],
    ],
  };
}

function calldataTable(figures: Figures): Table {
  const { k } = DEFAULT_OFFER;
  return {
    name: 'calldata',
    title: '',
    head: ['move', 'bytes', 'tokens', 'gas, 4 a token', 'floor'],
    rows: Object.entries(figures.calldata[k] ?? {}).map(([name, { bytes, tokens }]) => [
      name,
      bytes,
      tokens,
      TOKEN * tokens,
      TRANSACTION + TOKEN_FLOOR * tokens,
    ]),
  };
}

const batchTable = ({ batches }: Figures): Table => ({
  name: 'batches',
  title: '',
  head: ['requests', 'commitment', 'claim', 'finalizing, fees', 'each result'],
  rows: (
    [
      ['on chain, submitter named', batches.requests],
      ['on chain, anyone claims', batches.committed],
      ['by HTTP', batches.pairs],
    ] as const
  ).map(([name, batch]) => [
    name,
    batch.commitment ?? '',
    batch.claim,
    batch.finalize,
    perRun(batch),
  ]),
});

const attentionTable = ({ attention }: Figures): Table => ({
  name: 'attention',
  title: '',
  head: ['move', 'gas'],
  rows: Object.entries(attention),
});

const sizeTable = ({ deployment }: Figures): Table => ({
  name: 'sizes',
  title: '',
  head: ['contract', 'bytes', 'gas of its creation'],
  rows: Object.entries(deployment).map(([name, { bytes, gas }]) => [name, bytes, gas]),
});

export const page = (figures: Figures): string => `# Gas

<!-- Generated by scripts/gas.ts from the gas tests of contracts/test/; not to be edited. -->

What the contracts cost. \`npm run gas -- --docs\` measures and writes this page and \`test/vectors/gas.json\`, from which
[economics.md](economics.md) reckons. \`npm run gas -- --check\` fails if a figure has moved by more than 1 % or an aim is missed. A step of each
instruction is in [opcodes.md](opcodes.md).

Every figure is a transaction's: 21 000, calldata and its floor (EIP-7623), and execution less refunds. The compiler's settings are in \`foundry.toml\`.

## Aims

A dispute is one game from its challenge to its end, both sides' moves together, ended by a timeout or by a proof of the dearest step, whichever costs
more. \`claim\` isn't part of it.

${toMarkdown(aimTable(figures))}

## Disputes by k

Of MNIST's size: 8 operators, the disputed one of 88 051 instructions, trees as deep as a digit classifier's.

${toMarkdown(disputeTable(figures, 'short'))}

Long: 2^20 operators, the disputed one of 2^40 instructions, trees without a zero subtree.

${toMarkdown(disputeTable(figures, 'long'))}

## Moves

Of a move that is made often, the dearest in a game about 10^9 instructions. \`proveWithoutWitness\` leaves out the machine's step; \`showInput\` shows 16 KiB.

${toMarkdown(moveTable(figures))}

## Calldata of moves

At k = ${DEFAULT_OFFER.k}, and part of the figures above. A token is a zero byte or a quarter of another byte. Calldata costs 4 a token, and the transaction as a whole at least
the floor, 21 000 + 10 a token. \`proveWithoutWitness\` has one word instead of a step's witness; what a step asks for is in [opcodes.md](opcodes.md).

${toMarkdown(calldataTable(figures))}

## Claims of ${figure(RUNS)} runs

Under an offer that anyone may claim under, requests on chain are claimed after a commitment.

${toMarkdown(batchTable(figures))}

## Attention rounds

${toMarkdown(attentionTable(figures))}

## Deployment

Of the bytecode in \`chain/generated/bytecode.ts\`.
${figure(CODE_LIMIT)} bytes at most can be deployed (EIP-170).

${toMarkdown(sizeTable(figures))}
`;
