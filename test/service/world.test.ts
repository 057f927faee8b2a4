import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import { until } from '../../scripts/lib/story.ts';
import { type AgentName, startWorld, type World } from '../../scripts/lib/world.ts';

let world: World;
const digits = readDigits('test');

beforeAll(async () => {
  world = await startWorld();
}, 400_000);
afterAll(() => world?.stop());

interface Inference {
  readonly id: string;
  readonly status: string;
  readonly claim: `0x${string}` | null;
  readonly prediction: { readonly argmax: number } | null;
}
interface Dispute {
  readonly id: string;
  readonly status: string;
  readonly level: string;
  readonly lo: number;
  readonly hi: number;
  readonly turn: string;
  readonly moves: readonly { readonly kind: string }[];
  readonly instruction: { readonly text: string } | null;
}

const body = (index: number) => ({ model: world.model, input: [...digits.image(index)] });

async function claimed(agent: AgentName, index: number): Promise<Inference> {
  const { id } = await world.call<Inference>(agent, '/v1/inferences', body(index));
  return until(`claim of ${id}`, 60, async () => {
    const inference = await world.call<Inference>(agent, `/v1/inferences/${id}`);
    return inference.status === 'claimed' ? inference : undefined;
  });
}

const stateOf = (id: `0x${string}`) =>
  world.anvil.client.readContract({
    address: world.deployment.address,
    abi: pinpointAbi,
    functionName: 'getClaim',
    args: [id],
  });

async function post(path: string, init: RequestInit & { agent?: AgentName }) {
  const { agent = 'coordinator', ...rest } = init;
  const response = await fetch(`${world.url(agent)}${path}`, { method: 'POST', ...rest });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    problem: (await response.json()) as { code: string; detail: string; status: number },
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('bad requests get problem details', () => {
  const cases: [string, number, string, () => RequestInit][] = [
    [
      'a body that is no JSON',
      400,
      'malformed-request',
      () => ({ body: '{"model":', headers: JSON_TYPE }),
    ],
    [
      'another content type',
      415,
      'not-json',
      () => ({ body: 'model=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    ],
    ['no content type', 415, 'not-json', () => ({ body: new Uint8Array([1]) })],
    [
      'an unknown model',
      404,
      'unknown-model',
      () => ({ body: JSON.stringify({ ...body(0), model: 'nobody' }), headers: JSON_TYPE }),
    ],
    [
      'an image of the wrong size',
      422,
      'input-size',
      () => ({ body: JSON.stringify({ ...body(0), input: [1, 2, 3] }), headers: JSON_TYPE }),
    ],
    [
      'an image file in place of its pixels',
      422,
      'input-type',
      () => ({
        body: JSON.stringify({
          ...body(0),
          input: Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2]).toString('base64'),
        }),
        headers: JSON_TYPE,
      }),
    ],
    [
      'pixels that are no bytes',
      422,
      'invalid-request',
      () => ({ body: JSON.stringify({ ...body(0), input: [256] }), headers: JSON_TYPE }),
    ],
    [
      'unknown fields',
      422,
      'invalid-request',
      () => ({ body: JSON.stringify({ ...body(0), extra: 1 }), headers: JSON_TYPE }),
    ],
    [
      'an adversary of an honest submitter',
      422,
      'no-adversary',
      () => ({ body: JSON.stringify({ ...body(0), adversary: 'output' }), headers: JSON_TYPE }),
    ],
    [
      'a body that is too large',
      413,
      'too-large',
      () => ({ body: JSON.stringify({ model: 'x'.repeat(300_000) }), headers: JSON_TYPE }),
    ],
  ];
  test.each(cases)('%s', async (_, status, code, init) => {
    const { problem, status: got, type } = await post('/v1/inferences', init());
    expect({ got, code: problem.code }).toEqual({ got: status, code });
    expect(type).toBe('application/problem+json');
    expect(problem.detail.length).toBeGreaterThan(20);
    expect(problem.status).toBe(status);
  });

  test('a model without the token, and something that is no model', async () => {
    const headers = { 'content-type': 'application/octet-stream' };
    const without = await post('/v1/models', { headers, body: 'x' });
    expect([without.status, without.problem.code]).toEqual([401, 'unauthorized']);
    const authorization = 'Bearer a-token-for-local-use-only';
    const wrong = await post('/v1/models', { headers: { ...headers, authorization }, body: 'x' });
    expect([wrong.status, wrong.problem.code]).toEqual([422, 'invalid-model']);
  });

  test('a webhook to a place that is no URL', async () => {
    const data = JSON.stringify({ url: 'ftp://x', events: ['claim.fallen'] });
    const { problem, status } = await post('/v1/webhooks', { headers: JSON_TYPE, body: data });
    expect([status, problem.code]).toEqual([422, 'webhook-target']);
  });

  test.each([
    ['/v1/inferences/inf_none', 'unknown-inference'],
    [`/v1/claims/0x${'ab'.repeat(32)}`, 'unknown-claim'],
    [`/v1/disputes/0x${'ab'.repeat(32)}`, 'unknown-dispute'],
    ['/v1/nothing', 'no-such-route'],
  ])('nothing at %s', async (path, code) => {
    const response = await fetch(`${world.url('coordinator')}${path}`);
    expect(response.status).toBe(404);
    expect(((await response.json()) as { code: string }).code).toBe(code);
  });
});

test('the description names every route', async () => {
  const description = await world.call<{ paths: object }>('coordinator', '/openapi.json');
  expect(Object.keys(description.paths).sort()).toEqual([
    '/health',
    '/v1/claims',
    '/v1/claims/{id}',
    '/v1/disputes',
    '/v1/disputes/{id}',
    '/v1/inferences',
    '/v1/inferences/{id}',
    '/v1/models',
    '/v1/webhooks',
    '/v1/webhooks/{id}',
  ]);
});

test('one idempotency key gives one inference', async () => {
  const headers = { ...JSON_TYPE, 'idempotency-key': 'key-1' };
  const send = (index: number) =>
    fetch(`${world.url('coordinator')}/v1/inferences`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body(index)),
    });
  const [first, second] = [await send(1), await send(1)];
  const ids = [first, second].map(async (response) => ((await response.json()) as Inference).id);
  expect(await ids[0]).toBe(await ids[1]);
  expect((await send(2)).status).toBe(409);
});

test('an honest claim becomes final', async () => {
  const inference = await claimed('coordinator', 0);
  expect(inference.prediction?.argmax).toBe(digits.label(0));
  const id = inference.claim as `0x${string}`;
  const verdict = await until('the verdict', 30, async () => {
    const claim = await world
      .call<{ verdict: { result: string } | null }>('verifier', `/v1/claims/${id}`)
      .catch(() => undefined);
    return claim?.verdict?.result === 'agrees' ? 'agrees' : undefined;
  });
  expect(verdict).toBe('agrees');
  await until('the end', 90, async () => ((await stateOf(id)).status === 2 ? true : undefined));
});

test('a lie is caught though both sides are killed in the middle of the dispute', async () => {
  const id = (await claimed('dishonest', 3)).claim as `0x${string}`;
  const dispute = await until('the dispute', 60, async () => {
    const claim = await world
      .call<{ disputes: string[] }>('verifier', `/v1/claims/${id}`)
      .catch(() => undefined);
    return claim?.disputes[0];
  });
  const read = () => world.call<Dispute>('verifier', `/v1/disputes/${dispute}`);
  await until(
    'some moves',
    30,
    async () => ((await read()).moves.length >= 3 ? true : undefined),
    50,
  );
  await Promise.all([world.killAndRestart('verifier'), world.killAndRestart('dishonest')]);
  expect((await read()).status).toBe('open');
  const last = await until('the end of it', 90, async () => {
    const now = await read();
    return now.status !== 'open' && now.instruction ? now : undefined;
  });
  expect(last.status).toBe('challenger_won');
  expect(last.hi - last.lo).toBe(1);
  expect(last.moves.at(-1)?.kind).toBe('prove');
  expect(last.instruction?.text).toContain('f32x4.add');
  await until('the fall', 60, async () => ((await stateOf(id)).status === 3 ? true : undefined));
  const notice = await until('the webhook', 30, async () =>
    world.notices.find(({ data, type }) => type === 'claim.fallen' && data.claim === id),
  );
  expect(notice.isVerified).toBe(true);
  const page = await fetch(`${world.url('verifier')}/disputes/${dispute}`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  expect(html).toContain('<svg');
  expect(html).toContain('f32x4.add');
}, 240_000);
