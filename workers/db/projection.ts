import { and, asc, eq, gte, isNotNull, or } from 'drizzle-orm';
import { decode, encode } from '../../durable-objects/codec.ts';
import type { ChainEvent } from '../chain.ts';
import { type ClaimRecord, type GameRecord, readClaim } from '../contract.ts';
import { announce, type DeliveryMessage, type WebhookEvent } from '../webhooks/events.ts';
import type { Database } from './client.ts';
import { claims, disputes, events } from './schema.ts';

/** Ids that a change of the events concerns. */
export interface Touched {
  readonly claims: readonly string[];
  readonly games: readonly string[];
}

/** A statement has at most 100 parameters and a row of events has eleven. */
const ROWS_AT_ONCE = 9;

type EventRow = typeof events.$inferSelect;

const rowOf = ({ args, ...event }: ChainEvent): EventRow => ({ ...event, args: encode(args) });

const eventOf = ({ args, ...row }: EventRow): ChainEvent =>
  ({ ...row, args: decode<ChainEvent['args']>(args) }) as ChainEvent;

function touchedBy(rows: readonly { claimId: string | null; gameId: string | null }[]): Touched {
  const distinct = (ids: readonly (string | null)[]) =>
    [...new Set(ids)].filter((id) => id !== null);
  return {
    claims: distinct(rows.map((row) => row.claimId)),
    games: distinct(rows.map((row) => row.gameId)),
  };
}

/** The game or demand that an event is about. */
const partOf = ({ demandId, gameId }: ChainEvent) => gameId ?? demandId;

/** Events of games and demands with the claim that these are about, which only their first event names. */
async function withClaims(db: Database, fresh: readonly ChainEvent[]): Promise<ChainEvent[]> {
  const owners = new Map<string, ChainEvent['claimId']>();
  const owned: ChainEvent[] = [];
  for (const event of fresh) {
    const part = partOf(event);
    if (part === null) {
      owned.push(event);
      continue;
    }
    if (event.claimId) owners.set(part, event.claimId);
    if (!owners.has(part)) {
      const first = await db.query.events.findFirst({
        where: and(
          or(eq(events.gameId, part), eq(events.demandId, part)),
          isNotNull(events.claimId),
        ),
      });
      owners.set(part, (first?.claimId ?? null) as ChainEvent['claimId']);
    }
    owned.push({ ...event, claimId: owners.get(part) ?? null });
  }
  return owned;
}

/** Stores events; the same again changes nothing. Returns whom they concern. */
export async function keepEvents(db: Database, fresh: readonly ChainEvent[]): Promise<Touched> {
  const owned = await withClaims(db, fresh);
  for (let at = 0; at < owned.length; at += ROWS_AT_ONCE) {
    const rows = owned.slice(at, at + ROWS_AT_ONCE).map(rowOf);
    await db.insert(events).values(rows).onConflictDoNothing();
  }
  return touchedBy(owned);
}

/** Whom the events at or above a block concern: to be remembered before they are deleted. */
export async function touchedFrom(db: Database, block: number): Promise<Touched> {
  const ids = { claimId: events.claimId, gameId: events.gameId };
  return touchedBy(await db.selectDistinct(ids).from(events).where(gte(events.block, block)));
}

/** Deletes the events at or above a block, which are no longer on the chain. */
export async function forgetEvents(db: Database, block: number): Promise<void> {
  await db.delete(events).where(gte(events.block, block));
}

const inOrder = [asc(events.block), asc(events.logIndex)];

/** Events of a claim, of all its games and of the demands about it, ascending. */
export async function eventsOfClaim(db: Database, claimId: string): Promise<ChainEvent[]> {
  const rows = await db.query.events.findMany({
    where: eq(events.claimId, claimId),
    orderBy: inOrder,
  });
  return rows.map(eventOf);
}

/** A claim as the chain has it. */
export async function loadClaim(db: Database, claimId: string): Promise<ClaimRecord | undefined> {
  return readClaim(await eventsOfClaim(db, claimId));
}

/** A game as the chain has it, with its claim: answers of other games of the claim may be repeated in it. */
export async function loadDispute(
  db: Database,
  gameId: string,
): Promise<{ readonly claim: ClaimRecord; readonly game: GameRecord } | undefined> {
  const row = await db.query.events.findFirst({
    where: and(eq(events.gameId, gameId), isNotNull(events.claimId)),
  });
  const claim = row?.claimId ? await loadClaim(db, row.claimId) : undefined;
  const game = claim?.games.find(({ id }) => id === gameId);
  return claim && game && { claim, game };
}

/** A game as the chain has it. */
export async function loadGame(db: Database, gameId: string): Promise<GameRecord | undefined> {
  return (await loadDispute(db, gameId))?.game;
}

export interface Projection {
  readonly db: Database;
  readonly queue: Queue<DeliveryMessage>;
  /** Model of an offer. */
  readonly modelOf: (offer: string) => Promise<string>;
  readonly now: number;
}

/** Derives the row of a claim from its events and tells the webhooks what is new. */
export async function projectClaim(
  { db, modelOf, queue, now }: Projection,
  id: string,
): Promise<void> {
  const claim = await loadClaim(db, id);
  if (!claim) {
    await db.delete(claims).where(eq(claims.id, id));
    return;
  }
  const { status, windowEnds, block, txHash, runs } = claim;
  const { count, offer, submitter } = claim.claim;
  const end = count === 1 ? (runs[0]?.end ?? null) : null;
  const openGames = claim.games.filter((game) => game.status === 'open').length;
  const row = {
    ...{ model: await modelOf(offer), offer, submitter, count, end },
    ...{ status, openGames, windowEnds, block, txHash },
  };
  await db
    .insert(claims)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: claims.id, set: row });
  // An event is told once for each claim; a claim that comes back after a reorganisation has another transaction or block.
  const tell = (event: WebhookEvent) =>
    announce(
      db,
      queue,
      { event, key: `${id}:${txHash}`, data: { claim: id, status, submitter, end } },
      now,
    );
  await tell('claim.posted');
  if (status === 'finalized') await tell('claim.finalized');
  if (status === 'fallen') await tell('claim.fallen');
}

/** Derives the row of a game from its events and tells the webhooks what is new. Returns the game's claim. */
export async function projectGame(
  { db, queue, now }: Projection,
  id: string,
): Promise<string | undefined> {
  const game = await loadGame(db, id);
  if (!game) {
    const [gone] = await db.delete(disputes).where(eq(disputes.id, id)).returning();
    return gone?.claimId;
  }
  const { claimId, challenger, status, view, moves } = game;
  const block = moves[0]?.block ?? 0;
  const row = { claimId, challenger, status, block, view: encode(view) };
  await db
    .insert(disputes)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: disputes.id, set: row });
  const tell = (event: WebhookEvent, key: string, more: object) =>
    announce(db, queue, { event, key, data: { dispute: id, claim: claimId, ...more } }, now);
  for (const [index, { kind, level, lo, hi, txHash }] of moves.entries()) {
    const segment = { kind, level: level === 0 ? 'graph' : 'machine', lo, hi, tx_hash: txHash };
    const event = index === 0 ? 'dispute.opened' : 'dispute.moved';
    await tell(event, `${id}:${txHash}:${index}`, segment);
  }
  if (status !== 'open') await tell('dispute.resolved', `${id}:${status}`, { status });
  return claimId;
}
