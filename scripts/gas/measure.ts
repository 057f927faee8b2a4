/** Measures gas: one run of forge, whose tests print it, and a deployment. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { size } from 'viem';
import { deployPinpoint } from '../../chain/deploy.ts';
import { startAnvil } from '../lib/anvil.ts';
import { forgePath } from '../lib/forge.ts';
import { dearestSteps, type Figures, readFigures } from './figures.ts';

const root = join(import.meta.dirname, '../..');
const FILE = join(root, 'test/vectors/gas.json');
const TESTS = 'contracts/test/{Gas,MoveGas,AttentionGas,BatchGas}.t.sol';

async function forge(): Promise<string> {
  const child = spawn(forgePath(), ['test', '--match-path', TESTS, '-vv'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new Error(`could not run forge: ${error.message}; run \`npm ci\` first`)),
    );
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`forge failed (${code}):\n${text}`);
  return text;
}

/** Deploys everything on a chain of its own: the committed bytecode, whatever forge has compiled. */
async function deployment(): Promise<Figures['deployment']> {
  const anvil = await startAnvil();
  try {
    const { contracts } = await deployPinpoint(anvil.wallet(0), anvil.client);
    const sizes = await Promise.all(
      contracts.map(({ address }) => anvil.client.getCode({ address })),
    );
    return Object.fromEntries(
      contracts.map(({ gasUsed, name }, i) => [
        name,
        { bytes: size(sizes[i] ?? '0x'), gas: Number(gasUsed) },
      ]),
    );
  } finally {
    await anvil.stop();
  }
}

/** @param text what forge printed, if it has run before */
export async function measure(text?: string): Promise<Figures> {
  if (text === undefined) {
    console.error(
      'measuring gas: forge runs four files of tests, and compiles first (minutes) ...',
    );
  }
  const figures = readFigures(text ?? (await forge()));
  const { mnist, full } = dearestSteps(readFileSync(join(root, 'docs/opcodes.md'), 'utf8'));
  return {
    ...figures,
    dearestStep: full,
    dearestMnistStep: mnist,
    deployment: await deployment(),
  };
}

export const keptFigures = (): Figures => JSON.parse(readFileSync(FILE, 'utf8')) as Figures;

export function keep(figures: Figures): void {
  writeFileSync(FILE, `${JSON.stringify(figures, null, 2)}\n`);
}
