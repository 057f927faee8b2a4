import { z } from '@hono/zod-openapi';
import { WEBHOOK_EVENTS } from '../webhooks/events.ts';

const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 lower-case hexadecimal digits');

export const hashSchema = hash.openapi({ example: `0x${'ab'.repeat(32)}` });

const tensorSchema = z
  .object({
    dtype: z.string().openapi({ example: 'f32' }),
    shape: z.array(z.number().int()),
  })
  .openapi('TensorType');

export const modelSchema = z
  .object({
    id: hashSchema,
    name: z.string(),
    inputs: z.array(tensorSchema),
    outputs: z.array(tensorSchema),
  })
  .openapi('Model');

export const newInferenceSchema = z
  .object({
    model: z.string().min(1).openapi({ description: 'Id or name of a model of GET /v1/models' }),
    input: z.union([z.base64(), z.array(z.number().int().min(0).max(255))]).openapi({
      description:
        'Bytes of the input tensor (little-endian, row-major): base64, or an array of bytes',
    }),
    adversary: z
      .string()
      .optional()
      .openapi({ description: 'Which dishonest player claims; only where one is deployed' }),
  })
  .strict()
  .openapi('NewInference');

export const inferenceSchema = z
  .object({
    id: z.string(),
    model: hashSchema,
    status: z.enum(['queued', 'claiming', 'claimed', 'failed']),
    outputs: z
      .array(
        tensorSchema.extend({ data: z.string().openapi({ description: 'Tensor bytes, base64' }) }),
      )
      .nullable(),
    prediction: z
      .object({ argmax: z.number().int(), values: z.array(z.number()) })
      .nullable()
      .openapi({ description: 'First output as numbers, where it is small' }),
    end: hashSchema.nullable(),
    claim: hashSchema.nullable(),
    error: z.string().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Inference');

export const claimSchema = z
  .object({
    id: hashSchema,
    model: hashSchema,
    offer: hashSchema.openapi({ description: 'Terms under which it was made' }),
    submitter: z.string(),
    runs: z.number().int().openapi({ description: 'How many runs it is about' }),
    end: hashSchema.nullable().openapi({ description: 'Of the only run' }),
    status: z.enum(['open', 'finalized', 'fallen']),
    open_games: z.number().int(),
    window_ends: z.iso.datetime(),
    tx_hash: hashSchema,
    block: z.number().int(),
    inference: z.string().nullable(),
    disputes: z.array(hashSchema),
    verdict: z
      .object({ result: z.string(), reason: z.string().nullable() })
      .nullable()
      .openapi({ description: "This agent's own check of the claim" }),
  })
  .openapi('Claim');

const position = { level: z.enum(['graph', 'machine']), lo: z.number(), hi: z.number() };

export const moveSchema = z
  .object({
    kind: z.string(),
    by: z.enum(['submitter', 'challenger', 'anyone']),
    ...position,
    part: z.number().int().nullable(),
    tx_hash: hashSchema,
    gas_used: z.number().int(),
    block: z.number().int(),
    at: z.iso.datetime(),
  })
  .openapi('Move');

export const disputeSchema = z
  .object({
    id: hashSchema,
    claim: hashSchema,
    submitter: z.string(),
    challenger: z.string(),
    status: z.enum(['open', 'submitter_won', 'challenger_won', 'settled']),
    ...position,
    graph_step: z.number().int().nullable(),
    turn: z.enum(['submitter', 'challenger']),
    clocks: z.object({
      submitter_seconds: z.number().nullable(),
      challenger_seconds: z.number().nullable(),
      deadline: z.iso.datetime().nullable(),
    }),
    gas_used: z.number().int(),
    moves: z.array(moveSchema),
    instruction: z
      .object({
        position: z.number(),
        graph_step: z.number().nullable(),
        pc: z.number(),
        fp: z.number(),
        text: z.string(),
        kernel: z.string().nullable(),
        operands: z.array(z.object({ name: z.string(), value: z.string() })),
        claimed: hashSchema.openapi({ description: "State after it: the submitter's hash" }),
        computed: hashSchema.openapi({ description: "State after it: this agent's hash" }),
      })
      .nullable()
      .openapi({ description: 'The disputed instruction, once the segment is a single one' }),
    settlement: z
      .array(z.object({ name: z.string(), wei: z.string() }))
      .openapi({ description: 'Where the bonds went' }),
  })
  .openapi('Dispute');

export const newWebhookSchema = z
  .object({
    url: z.string().max(2048).openapi({ example: 'https://example.com/hooks/pinpoint' }),
    events: z.array(z.enum(WEBHOOK_EVENTS)).min(1),
  })
  .strict()
  .openapi('NewWebhook');

export const webhookSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    enabled: z.boolean(),
    created_at: z.iso.datetime(),
  })
  .openapi('Webhook');

export const newWebhookAnswerSchema = webhookSchema
  .extend({ secret: z.string().openapi({ description: 'Shown once: verifies the signatures' }) })
  .openapi('WebhookWithSecret');

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
  })
  .openapi('Problem');

/** Answers that every route may give, for the description. */
export const problems = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: 'RFC 9457 problem details',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
