/** Why the contract refused a call, in words. */
import { type Abi, type AbiParameter, decodeErrorResult, type Hex } from 'viem';
import { pinpointAbi } from './generated/abi.ts';

export interface Refusal {
  /** Name of the contract's error. */
  readonly name: string;
  /** Its arguments by name. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What happened, with which values, and what to do. */
  readonly message: string;
}

type Values = Readonly<Record<string, unknown>>;
const STATUS = ['unknown', 'open', 'final', 'fallen'];
const GAME = ['unknown', 'open', 'won by the submitter', 'won by the challenger', 'settled'];
const SIDE = ['submitter', 'challenger'];
const LEVEL = ['graph', 'machine'];
const at = (names: readonly string[], index: unknown): string =>
  names[Number(index)] ?? String(index);

const MESSAGES: Readonly<Record<string, (v: Values) => string>> = {
  UnknownModel: (v) => `model ${v.model} isn't registered: register it first`,
  ModelExists: (v) => `model ${v.model} is registered already`,
  WrongBond: (v) => `the call brought ${v.sent} wei; the bond is exactly ${v.wanted} wei`,
  FeeNotSupported: (v) =>
    `fee ${v.fee} and deadline ${v.deadline} must be 0: fees can't be locked yet`,
  InputMismatch: (v) => `the input's root gives ${v.computed}, the request says ${v.inputsRoot}`,
  ClaimExists: (v) => `claim ${v.claimId} exists already: use another nonce`,
  ClaimNotOpen: (v) => `claim ${v.claimId} isn't open: it is ${at(STATUS, v.status)}`,
  WindowClosed: (v) => `the window to challenge ended at ${v.at}; it is ${v.now_}`,
  WindowOpen: (v) =>
    `the window to challenge is open until ${v.until}; it is ${v.now_}: try again then`,
  GamesOpen: (v) => `claim ${v.claimId} has ${v.games} games that aren't decided: wait for them`,
  SelfChallenge: (v) => `${v.submitter} can't challenge its own claim`,
  GameNotOpen: (v) => `game ${v.gameId} isn't open: it is ${at(GAME, v.status)}`,
  GameStateMismatch: (v) =>
    `the state passed (${v.computed}) isn't the game's (${v.stored}): another move came first; read the events again`,
  NotYourTurn: (v) => `it is the ${at(SIDE, v.turn)}'s turn`,
  NotThePlayer: (v) => `${v.sender} isn't the one to move: that is ${v.player}`,
  ClockRanOut: (v) => `the mover's clock of ${v.clock} s ran out: ${v.elapsed} s have gone by`,
  ClockRunning: (v) =>
    `only ${v.elapsed} s of the clock's ${v.clock} s have gone by: try again later`,
  WrongLevel: (v) =>
    `the game is at the ${at(LEVEL, v.level)}; this move belongs to the ${at(LEVEL, v.wanted)}`,
  WrongSegment: (v) =>
    `the segment from ${v.lo} to ${v.hi} isn't one for this move: dissect while it is longer than 1`,
  WrongHashCount: (v) => `${v.given} hashes came; this dissection has ${v.wanted}`,
  PartOutOfRange: (v) => `part ${v.part} of ${v.parts}: parts count from 0`,
  DissectionMismatch: (v) =>
    `the ends given aren't in the dissection: they give ${v.computed}, it is ${v.dissection}`,
  PartStartMismatch: (v) => `part 0 starts with ${v.start}, not ${v.given}`,
  StartMismatch: (v) => `the proof starts from state ${v.computed}, the segment from ${v.start}`,
  EndMismatch: (v) => `the step leads to ${v.computed}, not to ${v.end} as was said`,
  RootMismatch: (v) => `the proof of ${v.what} leads to ${v.computed}, not to ${v.wanted}`,
  NothingToWithdraw: (v) => `${v.account} is owed nothing`,
};

/** Data that a revert carried, wherever in the chain of causes it is. */
function dataOf(error: unknown): Hex | undefined {
  for (let link = error as Link | undefined; link; link = link.cause) {
    const data = typeof link.data === 'string' ? link.data : link.data?.data;
    if (data?.startsWith('0x') && data.length >= 10) return data;
  }
  return undefined;
}

interface Link {
  readonly cause?: Link;
  readonly data?: Hex | { readonly data?: Hex };
}

/** Undefined if the error is none of the contract's. Errors without a sentence of their own show name and values. */
export function explainRefusal(error: unknown): Refusal | undefined {
  const data = dataOf(error);
  if (!data) return undefined;
  let decoded: { abiItem: object; args?: readonly unknown[] | undefined; errorName: string };
  try {
    decoded = decodeErrorResult({ abi: pinpointAbi as Abi, data });
  } catch {
    return undefined;
  }
  const { abiItem, errorName: name } = decoded;
  const args = decoded.args ?? [];
  const inputs = (abiItem as { inputs?: readonly AbiParameter[] }).inputs ?? [];
  const values = Object.fromEntries(inputs.map((input, i) => [input.name ?? String(i), args[i]]));
  const listed = Object.entries(values).map(([key, value]) => `${key} ${value}`);
  const message = MESSAGES[name]?.(values) ?? `${name}: ${listed.join(', ')}`;
  return { name, values, message };
}
