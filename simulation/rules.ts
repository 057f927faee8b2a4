/**
 * The rules of docs/protocol.md about claims, games, clocks and money, written from that page and sharing nothing with the contracts: what both
 * come to is compared move by move (contracts/test/Simulation.t.sol).
 */
import type { Hash } from '../models/types.ts';
import { partEnds } from '../strategy/types.ts';
import { graphHash, type Lie, label, machineHash, type Size } from './trace.ts';

/** Seconds and wei. */
export interface Terms {
  readonly k: number;
  readonly window: number;
  readonly clock: number;
  readonly increment: number;
  readonly descentIncrement: number;
  readonly claimBond: bigint;
  readonly challengeBond: bigint;
  readonly repayment: bigint;
}

export type Account = number;

export interface Claim {
  readonly submitter: Account;
  readonly lie: Lie | undefined;
  readonly windowEnds: number;
  status: 'open' | 'finalized' | 'fallen';
  /** Positions answered and kept, with what followed. */
  readonly answers: Map<string, Position>;
}

/** What a move acts on, but for whose game it is. */
export interface Position {
  readonly level: 0 | 1;
  readonly turn: 0 | 1;
  readonly lo: number;
  readonly hi: number;
  readonly loHash: Hash;
  readonly hiHash: Hash;
  readonly dissection: readonly Hash[];
  readonly graphStep: number;
}

export interface Game {
  readonly claim: number;
  readonly challenger: Account;
  at: Position;
  lastMove: number;
  /** Seconds left: the submitter's, the challenger's. */
  readonly clocks: [number, number];
  moves: number;
  readonly repaid: boolean;
  status: 'open' | 'submitter' | 'challenger' | 'settled';
}

/** What the contract refuses. */
export class Refused extends Error {}

const refuseIf = (condition: boolean, reason: string): void => {
  if (condition) throw new Refused(reason);
};

/** What a challenge counts among its challenger's moves, and its moves in the longest game. */
const CHALLENGE_MOVES = 4;
const MOST_MOVES = 30n;

/** A chain with nothing on it but one offer. */
export class World {
  now = 0;
  readonly claims: Claim[] = [];
  readonly games: Game[] = [];
  readonly owed = new Map<Account, bigint>();
  /** What each account has put in. */
  readonly paid = new Map<Account, bigint>();
  burned = 0n;
  readonly size: Size;
  readonly terms: Terms;

  constructor(size: Size, terms: Terms) {
    this.size = size;
    this.terms = terms;
  }

  #add(map: Map<Account, bigint>, account: Account, amount: bigint): void {
    map.set(account, (map.get(account) ?? 0n) + amount);
  }

  claim(submitter: Account, lie: Lie | undefined): number {
    this.#add(this.paid, submitter, this.terms.claimBond);
    const windowEnds = this.now + this.terms.window;
    return this.claims.push({ submitter, lie, windowEnds, status: 'open', answers: new Map() }) - 1;
  }

  /** Games that decide something. */
  openGames(claim: number): Game[] {
    return this.games.filter((game) => game.claim === claim && game.status === 'open');
  }

  challenge(claim: number, challenger: Account): number {
    const { lie, status, submitter, windowEnds } = this.#claim(claim);
    const { challengeBond, claimBond, clock, repayment } = this.terms;
    refuseIf(status !== 'open', 'decided');
    refuseIf(this.now >= windowEnds, 'window closed');
    refuseIf(challenger === submitter, 'self');
    const places = claimBond / 8n / (repayment * MOST_MOVES);
    const taken = this.openGames(claim).filter(({ repaid }) => repaid).length;
    const end = this.size.calls + 1;
    this.#add(this.paid, challenger, challengeBond);
    const at: Position = {
      ...{ level: 0, turn: 0, lo: 0, hi: end, loHash: graphHash(this.size, undefined, 0) },
      ...{ hiHash: graphHash(this.size, lie, end), dissection: [], graphStep: -1 },
    };
    const repaid = BigInt(taken) < places && taken < 255;
    const game = {
      claim,
      challenger,
      at,
      lastMove: this.now,
      moves: CHALLENGE_MOVES,
      repaid,
    } as const;
    return this.games.push({ ...game, clocks: [clock, clock], status: 'open' }) - 1;
  }

  #claim(index: number): Claim {
    const claim = this.claims[index];
    if (!claim) throw new RangeError(`no claim ${index}`);
    return claim;
  }

  #game(index: number): Game {
    const game = this.games[index];
    if (!game) throw new RangeError(`no game ${index}`);
    return game;
  }

  isOut(game: Game): boolean {
    return this.now - game.lastMove >= game.clocks[game.at.turn];
  }

  #mover(index: number, turn: 0 | 1): Game {
    const game = this.#game(index);
    refuseIf(game.status !== 'open' || this.#claim(game.claim).status !== 'open', 'decided');
    refuseIf(game.at.turn !== turn, 'turn');
    refuseIf(this.isOut(game), 'clock');
    return game;
  }

  #move(game: Game, next: Position): void {
    const { turn } = game.at;
    game.clocks[turn] += game.lastMove - this.now + this.terms.increment;
    game.lastMove = this.now;
    game.at = next;
  }

  dissect(index: number, hashes: readonly Hash[], keep: boolean): void {
    const game = this.#mover(index, 0);
    const { at } = game;
    const parts = Math.min(this.terms.k, at.hi - at.lo);
    refuseIf(parts < 2 || hashes.length !== parts - 1, 'hashes');
    const next: Position = { ...at, turn: 1, dissection: [...hashes, at.hiHash] };
    if (keep) this.#claim(game.claim).answers.set(key(at), next);
    this.#move(game, next);
  }

  select(index: number, part: number): void {
    const game = this.#mover(index, 1);
    const { at } = game;
    const ends = partEnds(at.lo, at.hi, this.terms.k);
    refuseIf(part >= ends.length, 'part');
    const lo = part === 0 ? at.lo : (ends[part - 1] as number);
    const hi = ends[part] as number;
    const loHash = part === 0 ? at.loHash : (at.dissection[part - 1] as Hash);
    const hiHash = at.dissection[part] as Hash;
    this.#move(game, { ...at, turn: 0, lo, hi, loHash, hiHash, dissection: [] });
    game.moves += 1;
    if (at.level === 0 && hi - lo === 1) game.clocks[0] += this.terms.descentIncrement;
  }

  /** What the step that starts from a true graph state leads to, as this claim's submitter can prove it. */
  #afterStep({ lie }: Claim, step: number): Hash {
    if (step === this.size.calls) return graphHash(this.size, undefined, step + 1);
    return lie?.graph === step ? label('after', step) : label('graph', step + 1);
  }

  descend(index: number, hashes: readonly Hash[], keep: boolean): void {
    const game = this.#mover(index, 0);
    const { at } = game;
    const claim = this.#claim(game.claim);
    refuseIf(at.level !== 0 || at.hi - at.lo !== 1, 'segment');
    const step = at.lo;
    refuseIf(at.loHash !== label('graph', step), 'start');
    refuseIf(at.hiHash !== this.#afterStep(claim, step), 'end');
    if (step === this.size.calls) {
      this.#submitterWins(game, undefined, 0n, 0n);
      return;
    }
    const { run } = this.size;
    const hiHash = machineHash(this.size, claim.lie, step, run);
    const parts = Math.min(this.terms.k, run);
    refuseIf(hashes.length !== parts - 1, 'hashes');
    const next: Position = {
      ...{ level: 1, turn: 1, lo: 0, hi: run, loHash: label('machine', step, 0), hiHash },
      ...{ dissection: [...hashes, hiHash], graphStep: step },
    };
    if (keep) claim.answers.set(key(at), next);
    this.#move(game, next);
    game.clocks[1] += this.terms.descentIncrement;
  }

  repeat(index: number): void {
    const game = this.#mover(index, 0);
    const next = this.#claim(game.claim).answers.get(key(game.at));
    if (!next) throw new Refused('no such answer');
    const { level } = game.at;
    this.#move(game, next);
    if (next.level !== level) game.clocks[1] += this.terms.descentIncrement;
  }

  prove(index: number): void {
    const game = this.#mover(index, 0);
    const { graphStep, hi, hiHash, level, lo, loHash } = game.at;
    refuseIf(level !== 1 || hi - lo !== 1, 'segment');
    refuseIf(loHash !== label('machine', graphStep, lo), 'start');
    if (hiHash === label('machine', graphStep, hi)) this.#submitterWins(game, undefined, 0n, 0n);
    else this.#challengerWins(game, undefined, 0n, 0n);
  }

  concede(index: number, by: Account): void {
    const game = this.#game(index);
    const claim = this.#claim(game.claim);
    refuseIf(game.status !== 'open' || claim.status !== 'open', 'decided');
    const isChallenger = by === game.challenger;
    refuseIf(!isChallenger && by !== claim.submitter, 'no player');
    refuseIf(isChallenger === (game.at.turn === 1) && this.isOut(game), 'clock');
    if (isChallenger) this.#submitterWins(game, undefined, 0n, this.terms.challengeBond / 2n);
    else this.#challengerWins(game, undefined, 0n, this.terms.claimBond / 8n);
  }

  timeout(index: number, caller: Account): void {
    const game = this.#game(index);
    refuseIf(game.status !== 'open' || this.#claim(game.claim).status !== 'open', 'decided');
    refuseIf(!this.isOut(game), 'clock');
    if (game.at.turn === 0) this.#challengerWins(game, caller, this.terms.claimBond / 20n, 0n);
    else this.#submitterWins(game, caller, this.terms.challengeBond / 20n, 0n);
  }

  settle(index: number): void {
    const game = this.#game(index);
    refuseIf(game.status !== 'open', 'decided');
    refuseIf(this.#claim(game.claim).status !== 'fallen', 'not moot');
    game.status = 'settled';
    const { challengeBond, repayment } = this.terms;
    const paid = game.repaid ? repayment * BigInt(game.moves) : 0n;
    if (game.repaid) this.burned += repayment * MOST_MOVES - paid;
    this.#add(this.owed, game.challenger, challengeBond + paid);
  }

  finalize(index: number): void {
    const claim = this.#claim(index);
    refuseIf(claim.status !== 'open', 'decided');
    refuseIf(this.now < claim.windowEnds, 'window open');
    refuseIf(this.openGames(index).length > 0, 'games open');
    claim.status = 'finalized';
    this.#add(this.owed, claim.submitter, this.terms.claimBond);
  }

  #submitterWins(game: Game, caller: Account | undefined, toCaller: bigint, toChallenger: bigint) {
    game.status = 'submitter';
    const { challengeBond } = this.terms;
    if (caller !== undefined) this.#add(this.owed, caller, toCaller);
    this.#add(this.owed, game.challenger, toChallenger);
    this.#add(
      this.owed,
      this.#claim(game.claim).submitter,
      challengeBond - toCaller - toChallenger,
    );
  }

  #challengerWins(game: Game, caller: Account | undefined, toCaller: bigint, toSubmitter: bigint) {
    game.status = 'challenger';
    const claim = this.#claim(game.claim);
    claim.status = 'fallen';
    const { challengeBond, claimBond, repayment } = this.terms;
    const others = this.openGames(game.claim).filter(({ repaid }) => repaid).length;
    const toOthers = BigInt(others) * repayment * MOST_MOVES;
    const burned = claimBond - claimBond / 2n;
    this.burned += burned;
    if (caller !== undefined) this.#add(this.owed, caller, toCaller);
    this.#add(this.owed, claim.submitter, toSubmitter);
    const toWinner = claimBond - burned - toOthers - toCaller - toSubmitter;
    this.#add(this.owed, game.challenger, challengeBond + toWinner);
  }
}

/** A position as a key: all that an answer depends on. */
const key = ({ hi, hiHash, level, lo, loHash }: Position): string =>
  [level, lo, hi, loHash, hiHash].join(' ');
