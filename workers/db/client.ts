import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import * as schema from './schema.ts';

export type Database = DrizzleD1Database<typeof schema>;

/** The tables of a worker's D1 database. */
export const openDatabase = (binding: D1Database): Database => drizzle(binding, { schema });
