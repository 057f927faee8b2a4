CREATE TABLE `claims` (
	`id` text PRIMARY KEY NOT NULL,
	`model` text NOT NULL,
	`submitter` text NOT NULL,
	`end` text NOT NULL,
	`status` text NOT NULL,
	`open_games` integer NOT NULL,
	`window_ends` integer NOT NULL,
	`block` integer NOT NULL,
	`tx_hash` text NOT NULL,
	`verdict` text,
	`verdict_reason` text
);
--> statement-breakpoint
CREATE INDEX `claims_block` ON `claims` (`block`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`webhook_id` text NOT NULL,
	`event` text NOT NULL,
	`payload` text NOT NULL,
	`status` text NOT NULL,
	`attempt` integer NOT NULL,
	`due_at` integer NOT NULL,
	`last_status` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`status`,`due_at`);--> statement-breakpoint
CREATE TABLE `disputes` (
	`id` text PRIMARY KEY NOT NULL,
	`claim_id` text NOT NULL,
	`challenger` text NOT NULL,
	`status` text NOT NULL,
	`block` integer NOT NULL,
	`view` text NOT NULL,
	`instruction` text
);
--> statement-breakpoint
CREATE INDEX `disputes_claim` ON `disputes` (`claim_id`);--> statement-breakpoint
CREATE INDEX `disputes_block` ON `disputes` (`block`);--> statement-breakpoint
CREATE TABLE `events` (
	`block` integer NOT NULL,
	`log_index` integer NOT NULL,
	`block_hash` text NOT NULL,
	`timestamp` integer NOT NULL,
	`tx_hash` text NOT NULL,
	`gas_used` integer NOT NULL,
	`name` text NOT NULL,
	`claim_id` text,
	`game_id` text,
	`args` text NOT NULL,
	PRIMARY KEY(`block`, `log_index`)
);
--> statement-breakpoint
CREATE INDEX `events_claim` ON `events` (`claim_id`);--> statement-breakpoint
CREATE INDEX `events_game` ON `events` (`game_id`);--> statement-breakpoint
CREATE TABLE `inferences` (
	`id` text PRIMARY KEY NOT NULL,
	`model` text NOT NULL,
	`status` text NOT NULL,
	`input_key` text NOT NULL,
	`outputs` text,
	`end` text,
	`claim_id` text,
	`request` text,
	`adversary` text,
	`error` text,
	`idempotency_key` text,
	`body_hash` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `inferences_idempotency` ON `inferences` (`idempotency_key`);--> statement-breakpoint
CREATE INDEX `inferences_claim` ON `inferences` (`claim_id`);--> statement-breakpoint
CREATE INDEX `inferences_created` ON `inferences` (`created_at`);--> statement-breakpoint
CREATE TABLE `models` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`bundle_key` text NOT NULL,
	`manifest` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`secret` text NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL
);
