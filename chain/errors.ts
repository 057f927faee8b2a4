/** Why a contract refused a call, in words. */
import { type Abi, type AbiParameter, decodeErrorResult, type Hex } from 'viem';
import { demandsAbi, pinpointAbi, registryAbi } from './generated/abi.ts';

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
const DEMAND = ['unknown', 'open', 'answered', 'unanswered', 'settled'];
/** Contracts whose errors can come back; each has the errors of those that it calls. */
const ABI: Abi = [...registryAbi, ...pinpointAbi, ...demandsAbi];
const at = (names: readonly string[], index: unknown): string =>
  names[Number(index)] ?? String(index);

const MESSAGES: Readonly<Record<string, (v: Values) => string>> = {
  // Registry.
  UnknownModel: (v) => `model ${v.model} isn't registered: register it first`,
  ModelExists: (v) => `model ${v.model} is registered already`,
  ImageExists: (v) => `image ${v.image} is registered already`,
  UnknownOffer: (v) => `there is no offer ${v.offer}: make it first`,
  OfferExists: (v) => `offer ${v.offer} exists already`,
  InvalidTerm: (v) => `${v.name} ${v.value} isn't one of ${v.least} to ${v.most}`,
  NotInGwei: (v) => `${v.name} ${v.value} isn't a multiple of a gwei`,
  // Claims.
  WrongBond: (v) => `the call brought ${v.sent} wei; the bond is exactly ${v.wanted} wei`,
  NotTheSubmitter: (v) => `only ${v.submitter} may claim under this offer, not ${v.sender}`,
  IllFormedRequest: (v) =>
    `request ${v.request} can't be run under this offer: another model, iterations out of range, or a fee or deadline that no contract holds`,
  WellFormedRequest: (v) => `request ${v.request} can be run: it convicts nobody`,
  InputMismatch: (v) => `the input's root gives ${v.computed}, the request says ${v.inputsRoot}`,
  ContentTooLong: (v) => `${v.length} bytes of content came; at most ${v.limit} can be checked`,
  BatchSizeOutOfRange: (v) => `a claim has 1 to ${v.most} runs, not ${v.count}`,
  LengthMismatch: (v) => `${v.requests} requests came with ${v.ends} ends`,
  ClaimExists: (v) => `claim ${v.claimId} exists already: use another nonce`,
  ClaimNotOpen: (v) => `claim ${v.claimId} isn't open: it is ${at(STATUS, v.status)}`,
  ClaimMismatch: (v) => `the claim passed has id ${v.computed}; this is about ${v.wanted}`,
  WindowClosed: (v) => `the window to challenge ended at ${v.ended}; it is ${v.now_}`,
  WindowOpen: (v) =>
    `the window to challenge is open until ${v.until}; it is ${v.now_}: try again then`,
  GamesOpen: (v) =>
    `claim ${v.claimId} has ${v.games} games and demands that aren't decided: wait for them`,
  NotInClaim: (v) =>
    `the request and end aren't the claim's at this place: they give ${v.computed}, it has ${v.root}`,
  NotTheRequest: (v) => `the request's hash is ${v.computed}, its contract holds ${v.held}`,
  NotTheModel: (v) => `the registration is that of ${v.computed}, the offer is for ${v.model}`,
  // Games.
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
  WrongSiblingCount: (v) => `${v.given} siblings came; this path has ${v.wanted}`,
  PartOutOfRange: (v) => `part ${v.part} of ${v.parts}: parts count from 0`,
  DissectionMismatch: (v) =>
    `the ends given aren't in the dissection: they give ${v.computed}, it is ${v.dissection}`,
  PartStartMismatch: (v) => `part 0 starts with ${v.start}, not ${v.given}`,
  StartMismatch: (v) => `the proof starts from state ${v.computed}, the segment from ${v.start}`,
  EndMismatch: (v) => `the step leads to ${v.computed}, not to ${v.end} as was said`,
  RootMismatch: (v) => `the proof of ${v.what} leads to ${v.computed}, not to ${v.wanted}`,
  NoSuchAnswer: (v) =>
    `no answer ${v.answer} is kept for position ${v.position}: the submitter must give it`,
  NotMoot: (v) =>
    `${v.gameId ?? v.demandId} can't be settled, its claim is ${at(STATUS, v.claim)}: only open games and demands of fallen claims can`,
  // Demands.
  DemandExists: (v) => `demand ${v.demandId} was made already`,
  DemandNotOpen: (v) => `demand ${v.demandId} isn't open: it is ${at(DEMAND, v.status)}`,
  TooLateToDemand: (v) => `demands are made before ${v.until}; it is ${v.now_}`,
  DemandOverdue: (v) => `an answer was due before ${v.deadline}; it is ${v.now_}`,
  DemandPending: (v) => `an answer may come until ${v.deadline}; it is ${v.now_}: try again then`,
  NodeOutOfRange: (v) => `part ${v.node} of the inputs: the last is ${v.most}`,
  ContentMismatch: (v) => `the content's root gives ${v.computed}, asked for is ${v.wanted}`,
  WrongContentLength: (v) => `${v.given} bytes came; 1 to ${v.wanted} are wanted`,
  RequestIsKnown: (v) => `contract ${v.source} holds the requests of this claim: read them there`,
  WrongDemandBond: (v) => `the call brought ${v.sent} wei; the bond is exactly ${v.wanted} wei`,
  OwnClaim: (v) => `${v.submitter} can't demand data of its own claim`,
  // Money.
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
    decoded = decodeErrorResult({ abi: ABI, data });
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
