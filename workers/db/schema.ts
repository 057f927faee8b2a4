import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

/** Models this agent holds. `manifest`: name, inputs and outputs, as the API shows them. */
export const models = sqliteTable('models', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** Root in R2: where the bundle lies. */
  bundleKey: text('bundle_key').notNull(),
  manifest: text('manifest').notNull(),
  createdAt: integer('created_at').notNull(),
});

/** Inferences asked for over HTTP. `request` is what the claim binds, as JSON with decimal strings. */
export const inferences = sqliteTable(
  'inferences',
  {
    id: text('id').primaryKey(),
    model: text('model').notNull(),
    status: text('status').notNull(),
    inputKey: text('input_key').notNull(),
    outputs: text('outputs'),
    end: text('end'),
    claimId: text('claim_id'),
    /** Under which it is claimed. */
    offer: text('offer'),
    request: text('request'),
    adversary: text('adversary'),
    error: text('error'),
    idempotencyKey: text('idempotency_key'),
    /** SHA-256 of the body that came with the key. */
    bodyHash: text('body_hash'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('inferences_idempotency').on(table.idempotencyKey),
    index('inferences_claim').on(table.claimId),
    index('inferences_created').on(table.createdAt),
  ],
);

/** Events of the contracts, as the watcher read them. Claims and disputes are derived from these rows. */
export const events = sqliteTable(
  'events',
  {
    block: integer('block').notNull(),
    logIndex: integer('log_index').notNull(),
    blockHash: text('block_hash').notNull(),
    timestamp: integer('timestamp').notNull(),
    txHash: text('tx_hash').notNull(),
    gasUsed: integer('gas_used').notNull(),
    name: text('name').notNull(),
    /** Of games and demands: that of their claim. */
    claimId: text('claim_id'),
    gameId: text('game_id'),
    demandId: text('demand_id'),
    /** Arguments as JSON with bigints tagged (durable-objects/codec.ts). */
    args: text('args').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.block, table.logIndex] }),
    index('events_claim').on(table.claimId),
    index('events_game').on(table.gameId),
    index('events_demand').on(table.demandId),
  ],
);

export const claims = sqliteTable(
  'claims',
  {
    id: text('id').primaryKey(),
    model: text('model').notNull(),
    offer: text('offer').notNull(),
    submitter: text('submitter').notNull(),
    /** Runs that it is about. */
    count: integer('count').notNull(),
    /** Of the only run. */
    end: text('end'),
    status: text('status').notNull(),
    openGames: integer('open_games').notNull(),
    /** Unix seconds of the chain. */
    windowEnds: integer('window_ends').notNull(),
    block: integer('block').notNull(),
    txHash: text('tx_hash').notNull(),
    /** This agent's own verdict: agrees, differs, unable, pending. */
    verdict: text('verdict'),
    verdictReason: text('verdict_reason'),
  },
  (table) => [index('claims_block').on(table.block)],
);

export const disputes = sqliteTable(
  'disputes',
  {
    id: text('id').primaryKey(),
    claimId: text('claim_id').notNull(),
    challenger: text('challenger').notNull(),
    status: text('status').notNull(),
    block: integer('block').notNull(),
    /** The view as JSON: level, segment, turn, clocks. */
    view: text('view').notNull(),
    /** The disputed instruction, disassembled, as JSON, once the segment is a single one. */
    instruction: text('instruction'),
  },
  (table) => [index('disputes_claim').on(table.claimId), index('disputes_block').on(table.block)],
);

export const webhooks = sqliteTable('webhooks', {
  id: text('id').primaryKey(),
  url: text('url').notNull(),
  events: text('events').notNull(),
  secret: text('secret').notNull(),
  disabledAt: integer('disabled_at'),
  createdAt: integer('created_at').notNull(),
});

export const deliveries = sqliteTable(
  'deliveries',
  {
    id: text('id').primaryKey(),
    webhookId: text('webhook_id').notNull(),
    event: text('event').notNull(),
    payload: text('payload').notNull(),
    status: text('status').notNull(),
    attempt: integer('attempt').notNull(),
    /** When the next attempt is due (ms): the sweep sends again what a queue has lost. */
    dueAt: integer('due_at').notNull(),
    lastStatus: integer('last_status'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [index('deliveries_due').on(table.status, table.dueAt)],
);
