import { desc, eq } from 'drizzle-orm';
import { type Context, Hono } from 'hono';
import { html, raw } from 'hono/html';
import type { Role } from '../api/app.ts';
import { showClaim } from '../api/claims.ts';
import { type DisputeBody, showDispute } from '../api/disputes.ts';
import { type InferenceBody, showInference } from '../api/inferences.ts';
import { Problem } from '../api/problem.ts';
import { openDatabase } from '../db/client.ts';
import { loadGame } from '../db/projection.ts';
import { claims, disputes, inferences } from '../db/schema.ts';
import type { ApiEnv } from '../env.ts';
import { bisectionSvg, digitSvg } from './bisection.ts';
import { STYLE } from './style.ts';

const LISTED = 20;
const REFRESH_S = 2;
const DIGIT_BYTES = 784;
/** Nothing is loaded from elsewhere and nothing runs: the pages are text and pictures. */
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'";

type Ctx = Context<ApiEnv>;
type Markup = ReturnType<typeof html>;

const short = (hash: string): string => `${hash.slice(0, 10)}…${hash.slice(-4)}`;

function page(c: Ctx, role: Role, title: string, content: Markup, isLive: boolean) {
  const refresh = isLive ? html`<meta http-equiv="refresh" content="${REFRESH_S}" />` : '';
  c.header('content-security-policy', POLICY);
  return c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    ${refresh}
    <title>${title}: Pinpoint ${role.name}</title>
    <link rel="stylesheet" href="/assets/style.css" />
  </head>
  <body>
    <header><a href="/">Pinpoint ${role.name}</a></header>
    <main>
      <h1>${title}</h1>
      ${content}
    </main>
  </body>
</html>`);
}

const STATUS: Readonly<Record<string, string>> = {
  finalized: 'good',
  agrees: 'good',
  fallen: 'bad',
  failed: 'bad',
  differs: 'bad',
};
const status = (text: string): Markup =>
  html`<span class="${STATUS[text] ?? ''}">${text.replaceAll('_', ' ')}</span>`;

async function pictureOf(c: Ctx, id: string): Promise<Markup | ''> {
  const file = await c.env.BUCKET.get(`inputs/${id}`);
  const bytes = file && new Uint8Array(await file.arrayBuffer());
  return bytes?.length === DIGIT_BYTES ? html`${raw(digitSvg(bytes))}` : '';
}

async function claimStatus(c: Ctx, id: string | null): Promise<string> {
  if (!id) return 'none yet';
  const row = await openDatabase(c.env.DB).query.claims.findFirst({ where: eq(claims.id, id) });
  return row?.status ?? 'not on chain yet';
}

async function inferenceRow(c: Ctx, body: InferenceBody): Promise<Markup> {
  return html`<tr>
    <td>${await pictureOf(c, body.id)}</td>
    <td><a href="/inferences/${body.id}">${short(body.id)}</a></td>
    <td class="number">${body.prediction ? body.prediction.argmax : ''}</td>
    <td>${status(body.status)}</td>
    <td>${status(await claimStatus(c, body.claim))}</td>
  </tr>`;
}

const disputeRow = (body: DisputeBody): Markup => html`<tr>
  <td><a href="/disputes/${body.id}">${short(body.id)}</a></td>
  <td>${status(body.status)}</td>
  <td>${body.level}</td>
  <td class="number">${body.hi - body.lo}</td>
  <td class="number">${body.moves.length}</td>
  <td class="number">${body.gas_used}</td>
</tr>`;

async function home(c: Ctx, role: Role) {
  const { address, chainId, contract } = c.get('settings');
  const db = openDatabase(c.env.DB);
  const asked = await db.query.inferences.findMany({
    orderBy: desc(inferences.createdAt),
    limit: LISTED,
  });
  const bodies = await Promise.all(asked.map((row) => showInference(c.env, row)));
  const rows = await Promise.all(bodies.map((body) => inferenceRow(c, body)));
  const seen = await db.query.claims.findMany({ orderBy: desc(claims.block), limit: LISTED });
  const played = await db.query.disputes.findMany({ orderBy: desc(disputes.block), limit: LISTED });
  const games: DisputeBody[] = [];
  for (const row of played) {
    const game = await loadGame(db, row.id);
    if (game) games.push(showDispute(row, game));
  }
  const isLive =
    seen.some((claim) => claim.status === 'open') ||
    bodies.some((body) => body.status === 'queued' || body.status === 'claiming');
  const empty = html`<p class="soft">None yet.</p>`;
  const content = html`
    <dl class="panel">
      <dt>Account</dt><dd class="mono">${address}</dd>
      <dt>Contract</dt><dd class="mono">${contract} on chain ${chainId}</dd>
      <dt>For programs</dt><dd><a href="/openapi.json">openapi.json</a>, <a href="/health">health</a></dd>
    </dl>
    ${
      role.submits
        ? html`<h2>Inferences</h2>
          ${
            rows.length === 0
              ? empty
              : html`<div class="scroll"><table>
              <tr><th>Input</th><th>Inference</th><th class="number">Answer</th><th>State</th><th>Claim</th></tr>
              ${rows}
            </table></div>`
          }`
        : html`<h2>Claims on chain</h2>
          ${
            seen.length === 0
              ? empty
              : html`<div class="scroll"><table>
              <tr><th>Claim</th><th>State</th><th>This verifier</th><th>By</th></tr>
              ${seen.map(
                (claim) => html`<tr>
                  <td class="mono">${short(claim.id)}</td>
                  <td>${status(claim.status)}</td>
                  <td>${status(claim.verdict ?? 'pending')}</td>
                  <td class="mono">${short(claim.submitter)}</td>
                </tr>`,
              )}
            </table></div>`
          }`
    }
    <h2>Disputes</h2>
    ${
      games.length === 0
        ? empty
        : html`<div class="scroll"><table>
        <tr><th>Dispute</th><th>State</th><th>Level</th><th class="number">Steps left</th><th class="number">Moves</th><th class="number">Gas</th></tr>
        ${games.map(disputeRow)}
      </table></div>`
    }`;
  return page(c, role, `The ${role.name}`, content, isLive);
}

async function inferencePage(c: Ctx, role: Role, id: string) {
  const db = openDatabase(c.env.DB);
  const row = await db.query.inferences.findFirst({ where: eq(inferences.id, id) });
  if (!row) throw new Problem(404, 'unknown-inference', `There is no inference ${id}.`);
  const body = await showInference(c.env, row);
  const claimRow =
    body.claim && (await db.query.claims.findFirst({ where: eq(claims.id, body.claim) }));
  const claim = claimRow ? await showClaim(c.env, claimRow) : undefined;
  const content = html`
    <div class="large">${await pictureOf(c, id)}</div>
    <dl class="panel">
      <dt>Answer</dt><dd>${body.prediction ? html`<strong>${body.prediction.argmax}</strong>` : 'not yet'}</dd>
      <dt>State</dt><dd>${status(body.status)}${body.error ? html`: ${body.error}` : ''}</dd>
      <dt>Model</dt><dd class="mono">${body.model}</dd>
      <dt>End hash</dt><dd class="mono">${body.end ?? ''}</dd>
      <dt>Claim</dt><dd class="mono">${body.claim ?? ''}</dd>
      ${
        claim
          ? html`<dt>Claim's state</dt><dd>${status(claim.status)}</dd>
            <dt>Transaction</dt><dd class="mono">${claim.tx_hash}</dd>
            <dt>Disputes</dt><dd>${claim.disputes.map((game) => html`<a class="mono" href="/disputes/${game}">${short(game)}</a> `)}</dd>`
          : ''
      }
    </dl>`;
  return page(c, role, 'Inference', content, claim === undefined || claim.status === 'open');
}

function instructionPanel({ instruction }: DisputeBody): Markup | '' {
  if (!instruction) return '';
  return html`<h2>The one instruction</h2>
    <div class="panel">
      <p><code>${instruction.text}</code>${instruction.kernel ? html` in kernel <code>${instruction.kernel}</code>` : ''}</p>
      <dl>
        ${instruction.operands.map(({ name, value }) => html`<dt>${name}</dt><dd class="mono">${value}</dd>`)}
        <dt>Submitter's state after it</dt><dd class="mono bad">${instruction.claimed}</dd>
        <dt>State as computed here</dt><dd class="mono good">${instruction.computed}</dd>
      </dl>
    </div>`;
}

async function disputePage(c: Ctx, role: Role, id: string) {
  const db = openDatabase(c.env.DB);
  const row = await db.query.disputes.findFirst({ where: eq(disputes.id, id) });
  const game = row && (await loadGame(db, id));
  if (!row || !game) throw new Problem(404, 'unknown-dispute', `There is no dispute ${id}.`);
  const body = showDispute(row, game);
  const isOpen = body.status === 'open';
  const { challenger_seconds, deadline, submitter_seconds } = body.clocks;
  const content = html`
    <dl class="panel">
      <dt>State</dt><dd>${status(body.status)}${isOpen ? html`, ${body.turn} to move until ${deadline}` : ''}</dd>
      <dt>Submitter</dt><dd><span class="mono">${body.submitter}</span>, ${submitter_seconds} s on the clock</dd>
      <dt>Challenger</dt><dd><span class="mono">${body.challenger}</span>, ${challenger_seconds} s on the clock</dd>
      <dt>Claim</dt><dd class="mono">${body.claim}</dd>
      <dt>Gas of all moves</dt><dd>${body.gas_used}</dd>
    </dl>
    <h2>From the whole run to one step</h2>
    ${raw(bisectionSvg(body.moves))}
    ${instructionPanel(body)}
    <h2>Moves</h2>
    <div class="scroll"><table>
      <tr><th>Move</th><th>By</th><th>Level</th><th class="number">From</th><th class="number">To</th><th class="number">Gas</th><th>Transaction</th></tr>
      ${body.moves.map(
        (move) => html`<tr>
          <td>${move.kind}${move.part === null ? '' : ` ${move.part}`}</td>
          <td>${move.by}</td>
          <td>${move.level}</td>
          <td class="number">${move.lo}</td>
          <td class="number">${move.hi}</td>
          <td class="number">${move.gas_used}</td>
          <td class="mono">${short(move.tx_hash)}</td>
        </tr>`,
      )}
    </table></div>
    ${
      body.settlement.length > 0
        ? html`<h2>Where the bonds went</h2>
          <dl class="panel">${body.settlement.map(({ name, wei }) => html`<dt>${name}</dt><dd>${wei} wei</dd>`)}</dl>`
        : ''
    }`;
  return page(c, role, `Dispute ${short(id)}`, content, isOpen);
}

/** The pages of an agent: what it is, its inferences and disputes. They refresh themselves while something is open. */
export function pages(role: Role): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.get('/', (c) => home(c, role));
  app.get('/inferences/:id', (c) => inferencePage(c, role, c.req.param('id')));
  app.get('/disputes/:id', (c) => disputePage(c, role, c.req.param('id')));
  app.get('/assets/style.css', (c) =>
    c.body(STYLE, 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'max-age=60',
    }),
  );
  return app;
}
