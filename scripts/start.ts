/**
 * The product on one machine: ten digits classified and their claims final on chain, one lie caught and slashed.
 * `npm start` stays up afterwards; `npm run demo` ends, with 0 only if the chain shows every outcome.
 */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { pinpointAbi } from '../chain/generated/abi.ts';
import { readDigits } from '../models/mnist/digits.ts';
import { bad, bold, chapter, ether, good, short, step, tell, until } from './lib/story.ts';
import { type AgentName, LOCAL_TERMS, startWorld, type World } from './lib/world.ts';

const HONEST = 10;
/** A test image that the liar is asked about; any would do. */
const LIE_AT = 10;

interface Inference {
  readonly id: string;
  readonly status: string;
  readonly error: string | null;
  readonly claim: `0x${string}` | null;
  readonly prediction: { readonly argmax: number } | null;
}
interface Claim {
  readonly status: string;
  readonly disputes: readonly string[];
}
interface Dispute {
  readonly id: string;
  readonly status: string;
  readonly level: string;
  readonly lo: number;
  readonly hi: number;
  readonly turn: string;
  readonly graph_step: number | null;
  readonly gas_used: number;
  readonly clocks: { readonly deadline: string | null };
  readonly moves: readonly {
    readonly kind: string;
    readonly by: string;
    readonly level: string;
    readonly lo: number;
    readonly hi: number;
    readonly gas_used: number;
  }[];
  readonly instruction: {
    readonly text: string;
    readonly kernel: string | null;
    readonly position: number;
    readonly operands: readonly { readonly name: string; readonly value: string }[];
    readonly claimed: string;
    readonly computed: string;
  } | null;
  readonly settlement: readonly { readonly name: string; readonly wei: string }[];
}

const OPEN = 1;
const FINALIZED = 2;
const FALLEN = 3;

const claimOnChain = ({ anvil, deployment }: World, id: `0x${string}`) =>
  anvil.client.readContract({
    address: deployment.address,
    abi: pinpointAbi,
    functionName: 'getClaim',
    args: [id],
  });

async function ask(world: World, agent: AgentName, image: Uint8Array): Promise<Inference> {
  return world.call(agent, '/v1/inferences', { model: world.model, input: [...image] });
}

async function claimed(world: World, agent: AgentName, id: string): Promise<Inference> {
  return until(`the claim of ${id}`, 60, async () => {
    const inference = await world.call<Inference>(agent, `/v1/inferences/${id}`);
    if (inference.status === 'failed') throw new Error(`${id} failed: ${inference.error}`);
    return inference.status === 'claimed' ? inference : undefined;
  });
}

/** Follows the dispute of a claim from the verifier's side and tells every move. */
async function watch(world: World, claim: `0x${string}`): Promise<Dispute> {
  const id = await until('the challenge', 60, async () => {
    const found = await world.call<Claim>('verifier', `/v1/claims/${claim}`).catch(() => undefined);
    return found?.disputes[0];
  });
  tell(`the verifier's own run ends elsewhere: it challenges. Dispute ${short(id)}`);
  let told = 0;
  let isTold = false;
  return until('the end of the dispute', 180, async () => {
    const dispute = await world.call<Dispute>('verifier', `/v1/disputes/${id}`);
    for (const { by, gas_used, hi, kind, level, lo } of dispute.moves.slice(told)) {
      const what = level === 'graph' ? 'operators' : 'instructions';
      const segment = `${what} ${lo} to ${hi}`.padEnd(30);
      tell(`  ${kind.padEnd(10)} by ${by.padEnd(11)} ${segment} ${gas_used} gas`);
    }
    told = dispute.moves.length;
    const { hi, instruction, level, lo } = dispute;
    if (level === 'machine' && hi - lo === 1 && instruction && !isTold) {
      isTold = true;
      tell(`  one instruction is left: ${bold(instruction.text)} in kernel ${instruction.kernel}`);
      for (const { name, value } of instruction.operands) tell(`    ${name} = ${value}`);
      tell(`    the submitter says it leads to ${bad(short(instruction.claimed))}`);
      tell(`    the machine says it leads to   ${good(short(instruction.computed))}`);
      tell('  the verifier brings its witness, and the contract executes it');
    }
    return dispute.status === 'open' ? undefined : dispute;
  });
}

function tellGas(dispute: Dispute): void {
  chapter('What the dispute cost');
  const sides = new Map<string, number>();
  for (const { by, gas_used, kind, level } of dispute.moves) {
    console.log(
      `  ${kind.padEnd(10)} ${level.padEnd(8)} ${by.padEnd(11)} ${String(gas_used).padStart(9)} gas`,
    );
    sides.set(by, (sides.get(by) ?? 0) + gas_used);
  }
  for (const [side, gas] of sides)
    console.log(`  ${'all'.padEnd(19)} ${side.padEnd(11)} ${String(gas).padStart(9)} gas`);
  console.log(`  ${'whole dispute'.padEnd(31)} ${String(dispute.gas_used).padStart(9)} gas`);
}

async function play(world: World): Promise<string[]> {
  const failures: string[] = [];
  const expectThat = (what: string, holds: boolean): void => {
    tell(`${holds ? good('yes') : bad('NO ')}  ${what}`);
    if (!holds) failures.push(what);
  };
  const digits = readDigits('test');
  const { address, deployment, anvil } = world;

  chapter(`${HONEST} digits, classified and claimed`);
  const honest: { index: number; inference: Inference }[] = [];
  for (let index = 0; index < HONEST; index++) {
    const { id } = await ask(world, 'coordinator', digits.image(index));
    const inference = await claimed(world, 'coordinator', id);
    honest.push({ index, inference });
    const { claim, prediction } = inference;
    tell(
      `image ${index}: a ${prediction?.argmax} (label ${digits.label(index)}), claim ${short(claim ?? '')}`,
    );
  }

  chapter('One digit, by a submitter that lies about one instruction');
  const before = await anvil.client.readContract({
    ...{ address: deployment.address, abi: pinpointAbi, functionName: 'burned' },
  });
  const { id } = await ask(world, 'dishonest', digits.image(LIE_AT));
  const lie = (await claimed(world, 'dishonest', id)).claim as `0x${string}`;
  tell(`claimed with a bond of ${ether(LOCAL_TERMS.claimBond)}: ${short(lie)}`);
  const dispute = await watch(world, lie);
  tell(`the dispute is over: ${bold(dispute.status.replace('_', ' '))}`);
  tellGas(dispute);
  chapter('Who got what');
  for (const { name, wei } of dispute.settlement)
    console.log(`  ${name.padEnd(13)} ${ether(BigInt(wei))}`);

  chapter('The honest claims become final');
  const states = await until('all windows', 120, async () => {
    const all = await Promise.all(
      honest.map(({ inference }) => claimOnChain(world, inference.claim as `0x${string}`)),
    );
    return all.every(({ status }) => status !== OPEN) ? all : undefined;
  });

  chapter('What the chain says');
  expectThat(
    `all ${HONEST} honest claims are final`,
    states.every(({ status }) => status === FINALIZED),
  );
  expectThat('the lie has fallen', (await claimOnChain(world, lie)).status === FALLEN);
  const after = await anvil.client.readContract({
    ...{ address: deployment.address, abi: pinpointAbi, functionName: 'burned' },
  });
  expectThat('half of its bond is burned', after - before === LOCAL_TERMS.claimBond / 2n);
  const logs = await anvil.client.getContractEvents({
    ...{ address: deployment.address, abi: pinpointAbi, eventName: 'Credited', fromBlock: 0n },
    args: { account: address('verifier') },
  });
  const credited = logs.reduce((sum, { args }) => sum + (args.amount ?? 0n), 0n);
  expectThat(
    `the verifier is paid ${ether(credited)}, its bond of ${ether(LOCAL_TERMS.challengeBond)} included`,
    credited > LOCAL_TERMS.challengeBond,
  );
  const isWithdrawn = await until('the verifier withdrawing it', 60, async () => {
    const owed = await anvil.client.readContract({
      ...{ address: deployment.address, abi: pinpointAbi, functionName: 'withdrawable' },
      args: [address('verifier')],
    });
    return owed === 0n ? true : undefined;
  }).catch(() => false);
  expectThat('and has withdrawn it', isWithdrawn);
  const wanted = ['dispute.opened', 'dispute.resolved', 'claim.fallen'];
  await until('the webhooks', 30, async () =>
    wanted.every((type) => world.notices.some((notice) => notice.type === type)) ? true : undefined,
  ).catch(() => undefined);
  for (const type of wanted) {
    const notice = world.notices.find((one) => one.type === type);
    expectThat(`webhook ${type} came, and its signature is right`, notice?.isVerified === true);
  }
  const instruction = dispute.instruction;
  expectThat('the dispute came down to one instruction', instruction !== null);
  tell(`The dispute as a picture: ${world.url('verifier')}/disputes/${dispute.id}`);
  return failures;
}

const options = new Command('start')
  .description('runs the whole product on this machine, with a chain of its own')
  .option(
    '--once',
    'end when everything has been shown; exit code 0 only if the chain shows it all',
  )
  .parse()
  .opts<{ once?: boolean }>();

if (!existsSync('build/wasm/kernels.bin') || !existsSync('build/wasm/interpreter.wasm')) {
  console.error('build/wasm is missing: run npm run build');
  process.exit(1);
}
chapter('Pinpoint: a chain, its contracts and three agents on this machine');
const world = await startWorld();
let isStopping = false;
const end = async (code: number): Promise<never> => {
  if (isStopping) return new Promise(() => {});
  isStopping = true;
  await step('stopping', () => world.stop());
  process.exit(code);
};
// Twice from a terminal, once more from the script between: only the first one counts.
process.on('SIGINT', () => void end(130));
process.on('SIGTERM', () => void end(143));
try {
  const failures = await play(world);
  if (options.once) {
    const verdict =
      failures.length === 0 ? good('Everything is as it should be.') : bad(failures.join('\n'));
    console.log(`\n${verdict}`);
    await end(failures.length === 0 ? 0 : 1);
  }
  chapter('It stays up. Stop it with Ctrl+C');
  for (const name of ['coordinator', 'verifier', 'dishonest'] as const) {
    console.log(`  ${name.padEnd(12)} ${world.url(name)}`);
  }
  console.log(`  ${'chain'.padEnd(12)} ${world.anvil.url}`);
  console.log(
    `\n  curl -X POST ${world.url('coordinator')}/v1/inferences -H 'content-type: application/json' -d '{"model":"mnist-784-128-10","input":[${'0,'.repeat(3)}...]}'`,
  );
} catch (error) {
  console.error(bad(`\n${(error as Error).message}`));
  await end(1);
}
