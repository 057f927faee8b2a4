import { timingSafeEqual } from 'hono/utils/buffer';
import { Problem } from './problem.ts';

/** Throws 401 unless the Authorization header carries this bearer token. */
export async function requireToken(header: string | undefined, token: string): Promise<void> {
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? '';
  if (await timingSafeEqual(given, token)) return;
  const what = given === '' ? 'came without a token' : 'came with a wrong token';
  const detail = `The request ${what}: send the header "Authorization: Bearer TOKEN".`;
  throw new Problem(401, 'unauthorized', detail);
}
