-- Claims, disputes and events are derived from the chain. The contracts are others now, so what was derived from the old ones goes.
DELETE FROM `events`;--> statement-breakpoint
DELETE FROM `disputes`;--> statement-breakpoint
DROP TABLE `claims`;--> statement-breakpoint
CREATE TABLE `claims` (
	`id` text PRIMARY KEY NOT NULL,
	`model` text NOT NULL,
	`offer` text NOT NULL,
	`submitter` text NOT NULL,
	`count` integer NOT NULL,
	`end` text,
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
ALTER TABLE `events` ADD `demand_id` text;--> statement-breakpoint
CREATE INDEX `events_demand` ON `events` (`demand_id`);--> statement-breakpoint
ALTER TABLE `inferences` ADD `offer` text;
