/**
 * When it pays a verifier to run the model, by attention challenges: docs/economics.md, "Verifiers who find nothing wrong".
 * All amounts in one unit.
 */
export interface Attention {
  /** Probability that a ticket wins. */
  readonly odds: number;
  readonly reward: number;
  readonly penalty: number;
  /** What answering costs. */
  readonly answer: number;
}

export interface Doubt {
  /** Probability that a claim is false. */
  readonly prior: number;
  /** What whoever runs the model can expect of a false claim's bond. */
  readonly prize: number;
  /** Probability that another verifier fells a false claim. */
  readonly others: number;
}

/** Of a reward, to who answered if the claim falls (contracts/src/Attention.sol). */
export const UNJUDGED_PART = 1 / 2;

export const NO_DOUBT: Doubt = { prior: 0, prize: 0, others: 0 };

/** Part of a reward that a right answer brings on average: who runs the model fells the claim if it is false. */
const paidPart = ({ prior }: Doubt): number => 1 - prior * (1 - UNJUDGED_PART);

/** What a round is worth to a verifier that runs the model. */
export const running = (a: Attention, cost: number, doubt: Doubt = NO_DOUBT): number =>
  a.odds * (a.reward * paidPart(doubt) - a.answer) + doubt.prior * doubt.prize - cost;

/** What it is worth to one that is bound, doesn't run it and says nothing: nobody is punished if the claim falls. */
export const silence = (a: Attention, doubt: Doubt = NO_DOUBT): number =>
  -a.odds * a.penalty * (1 - doubt.prior * doubt.others);

/** The least penalty by which running is no worse than silence. */
export function leastPenalty(a: Attention, cost: number, doubt: Doubt = NO_DOUBT): number {
  const gap = -running(a, cost, doubt) / (a.odds * (1 - doubt.prior * doubt.others));
  return Math.max(0, gap);
}

/** The least reward by which a verifier that may leave stays and runs. */
export const leastReward = (a: Attention, cost: number, doubt: Doubt = NO_DOUBT): number =>
  Math.max(0, (a.answer + (cost - doubt.prior * doubt.prize) / a.odds) / paidPart(doubt));

/** The dearest run that pays, if the claim is surely true. */
export const dearestRun = (a: Attention, mayLeave: boolean): number =>
  a.odds * (a.reward - a.answer + (mayLeave ? 0 : a.penalty));

/** Of a submitter that gains so much by a false claim that stands and loses so much by one that falls. */
export interface Temptation {
  readonly gain: number;
  readonly loss: number;
}

/** Probability of being caught at which a lie is worth nothing. */
export const deterrence = ({ gain, loss }: Temptation): number => gain / (gain + loss);

/**
 * What the verifiers' game settles at in theory: who runs for the pay alone runs always; if nobody does, the verifier with the cheapest run
 * runs as often as deters, and lies are as frequent as pay it.
 */
export interface Settled {
  /** Part of the verifiers that run. */
  readonly run: number;
  /** Part of the claims that are false. */
  readonly lies: number;
  /** Part of the claims that are false and stand. */
  readonly stand: number;
}

export function settled(
  a: Attention,
  costs: readonly number[],
  prize: number,
  temptation: Temptation,
  mayLeave = false,
): Settled {
  const limit = dearestRun(a, mayLeave);
  const sure = costs.filter((cost) => cost <= limit).length;
  if (sure > 0) return { run: sure / costs.length, lies: 0, stand: 0 };
  const caught = deterrence(temptation);
  const lies = Math.min(1, (Math.min(...costs) - limit) / prize);
  return { run: caught / costs.length, lies, stand: lies * (1 - caught) };
}
