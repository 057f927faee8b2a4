/** Terms of offers. */
import { type Address, getAddress, isAddress, parseEther, zeroAddress } from 'viem';
import type { Terms } from './types.ts';

const HOUR = 3600;

/**
 * For a public chain: a week for the window would be usual where large values hang on a claim. Clocks leave room for a
 * day of censorship. A repaid move is 0.004 ETH: a selection (54,000 gas) at 74 gwei, and with four of them a challenge and its settlement (196,000) at
 * 81. The registry wants a challenge bond of at least 60 repayments and a claim bond of 240.
 */
export const DEFAULT_TERMS: Terms = {
  submitter: zeroAddress,
  token: zeroAddress,
  fee: 0n,
  window: 24 * HOUR,
  clock: 24 * HOUR,
  increment: HOUR / 4,
  descentIncrement: HOUR,
  commitDelay: 0,
  claimBond: parseEther('1'),
  challengeBond: parseEther('0.25'),
  repayment: parseEther('0.004'),
};

type Reader = (value: unknown) => number | bigint | Address | undefined;
const seconds: Reader = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
const wei: Reader = (value) =>
  typeof value === 'string' && /^[0-9]{1,39}$/.test(value) ? BigInt(value) : undefined;
const address: Reader = (value) =>
  typeof value === 'string' && isAddress(value, { strict: false }) ? getAddress(value) : undefined;

const FIELDS: Readonly<Record<keyof Terms, readonly [Reader, string]>> = {
  submitter: [address, 'an address'],
  token: [address, 'an address'],
  fee: [wei, 'wei as a string of digits'],
  window: [seconds, 'seconds'],
  clock: [seconds, 'seconds'],
  increment: [seconds, 'seconds'],
  descentIncrement: [seconds, 'seconds'],
  commitDelay: [seconds, 'seconds'],
  claimBond: [wei, 'wei as a string of digits'],
  challengeBond: [wei, 'wei as a string of digits'],
  repayment: [wei, 'wei as a string of digits'],
};

/** Terms from JSON: fields that are left out are those of DEFAULT_TERMS. `problems`: a line for each that is wrong. */
export function readTerms(json: string): { terms: Terms; problems: string[] } {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch (error) {
    return { terms: DEFAULT_TERMS, problems: [`no JSON: ${(error as Error).message}`] };
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { terms: DEFAULT_TERMS, problems: ['must be a JSON object'] };
  }
  const problems: string[] = [];
  const terms: Record<string, unknown> = { ...DEFAULT_TERMS };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(FIELDS, name)) {
      problems.push(`there is no term ${JSON.stringify(name)}`);
      continue;
    }
    const [read, wanted] = FIELDS[name as keyof Terms];
    terms[name] = read(value);
    if (terms[name] === undefined) {
      problems.push(`${name} must be ${wanted}; it is ${JSON.stringify(value)}`);
    }
  }
  return { terms: problems.length > 0 ? DEFAULT_TERMS : (terms as unknown as Terms), problems };
}

/** The terms as JSON that `readTerms` reads. */
export const writeTerms = (terms: Terms): string =>
  JSON.stringify(terms, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
