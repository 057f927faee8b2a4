/** Lines of a demonstration as it goes on: what is happening, and how long it took. */

const began = Date.now();
const isColoured = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string): string =>
  isColoured ? `\u001b[${code}m${text}\u001b[0m` : text;

const clock = (): string => `${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  `;

export const bold = (text: string): string => paint(1, text);
export const good = (text: string): string => paint(32, text);
export const bad = (text: string): string => paint(31, text);

/** A heading. */
export function chapter(text: string): void {
  console.log(`\n${bold(text)}`);
}

/** One thing that has happened. */
export function tell(text: string): void {
  console.log(`${clock()}${text}`);
}

/** Says what is being done, does it, and says how long it took. */
export async function step<T>(text: string, work: () => Promise<T>): Promise<T> {
  const from = Date.now();
  tell(`${text} ...`);
  const result = await work();
  tell(`${text}: ${((Date.now() - from) / 1000).toFixed(1)} s`);
  return result;
}

/** Asks again until there is an answer. Throws when `seconds` have gone by, with `what` and the last state. */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined>,
  everyMs = 250,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Ether with four digits. */
export const ether = (wei: bigint): string => `${(Number(wei) / 1e18).toFixed(4)} ETH`;
export const short = (hash: string): string => `${hash.slice(0, 10)}…`;
