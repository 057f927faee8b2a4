/** Runs forge in the project, and reads the answers of a run as they come. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forgePath } from '../lib/forge.ts';

/** Seconds between two lines that say how far it is. */
const PROGRESS_S = 10;

export type Say = (line: string) => void;

function forge(folder: string, args: readonly string[], tick: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(forgePath(), [...args, '--root', folder], { cwd: folder });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setInterval(tick, 1000 * PROGRESS_S);
    child.on('error', (error) => reject(new Error(`could not run forge: ${error.message}`)));
    child.on('exit', (code) => {
      clearInterval(timer);
      tick();
      if (code === 0) resolve(output);
      else reject(new Error(`forge ${args.join(' ')} ended with ${code}:\n${output.slice(-6000)}`));
    });
  });
}

export async function build(folder: string, say: Say): Promise<void> {
  const start = Date.now();
  const seconds = (): string => `${((Date.now() - start) / 1000).toFixed(0)} s`;
  await forge(folder, ['build'], () => say(`compiling, ${seconds()}`));
}

/** Runs one test of the harness; `answer` gets every pair of numbers that it writes. */
export async function run(
  folder: string,
  contract: string,
  test: string,
  plan: Buffer,
  answer: (x: number, y: number) => void,
  say: () => void,
): Promise<void> {
  const answers = join(folder, 'run/answers.txt');
  writeFileSync(join(folder, 'run/plan.bin'), plan);
  rmSync(answers, { force: true });
  let position = 0;
  let rest = '';
  const read = (): void => {
    if (!existsSync(answers)) return;
    const file = openSync(answers, 'r');
    const chunk = Buffer.alloc(1 << 20);
    for (;;) {
      const length = readSync(file, chunk, 0, chunk.length, position);
      if (length === 0) break;
      position += length;
      const lines = (rest + chunk.toString('latin1', 0, length)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [x, y] = line.split(' ').map(Number);
        answer(x as number, y as number);
      }
    }
    closeSync(file);
  };
  const output = await forge(
    folder,
    ['test', '--match-contract', `^${contract}$`, '--match-test', `^${test}\\(`, '--threads', '1'],
    () => {
      read();
      say();
    },
  );
  if (!/\b1 passed\b/.test(output)) throw new Error(`forge ran no ${contract}.${test}:\n${output}`);
}
