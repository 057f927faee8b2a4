/** Terms of offers. */
import { parseEther, zeroAddress } from 'viem';
import type { Terms } from './types.ts';

const HOUR = 3600;

/**
 * For a public chain: a week for the window would be usual where large values hang on a claim. Clocks leave room for a
 * day of censorship. A repaid move is 80,000 gas at 50 gwei: a selection at more than that, a challenge at 25 gwei. The
 * registry wants a challenge bond of at least 54 repayments and a claim bond of 216.
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
