/** The process of the third engine: JSON lines on standard input are answered by JSON lines. Run by Bun. */
import { createInterface } from 'node:readline';
import { type Run, runInEngine } from './engine.ts';

for await (const line of createInterface({ input: process.stdin })) {
  const { id, wasm, runs } = JSON.parse(line) as { id: number; wasm: string; runs: Run[] };
  const outcomes = runInEngine(new Uint8Array(Buffer.from(wasm, 'base64')), runs);
  process.stdout.write(`${JSON.stringify({ id, outcomes })}\n`);
}
