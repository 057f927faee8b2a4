import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** RFC 9457 problem details; `code` tells one problem from another for programs. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly [extension: string]: unknown;
}

/** An error that is an answer: thrown anywhere in a handler, rendered as application/problem+json. */
export class Problem extends Error {
  readonly body: ProblemBody;
  constructor(
    status: ContentfulStatusCode,
    code: string,
    detail: string,
    extensions: Record<string, unknown> = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.body = {
      ...extensions,
      type: `urn:pinpoint:problem:${code}`,
      title: TITLES[status] ?? 'Error',
      status,
      detail,
      code,
    };
  }
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function render(body: ProblemBody): Response {
  return Response.json(body, {
    status: body.status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

/** hono's `onError`: everything that was thrown becomes problem details; what isn't ours says nothing of its insides. */
export function onError(error: unknown, c: Context): Response {
  if (error instanceof Problem) return render(error.body);
  if (error instanceof HTTPException) {
    const code = error.status === 400 ? 'malformed-request' : `http-${error.status}`;
    return render(new Problem(error.status as ContentfulStatusCode, code, error.message).body);
  }
  console.error(`${c.req.method} ${c.req.path} failed:`, error);
  if (error instanceof Error && error.name === 'SettingsError') {
    return render(new Problem(503, 'not-configured', error.message).body);
  }
  const detail = 'The service failed to answer. Nothing is wrong with the request; try it again.';
  return render(new Problem(500, 'internal', detail).body);
}

/** hono's `notFound`. */
export function notFound(c: Context): Response {
  const detail = `There is nothing at ${c.req.method} ${c.req.path}. The description of the API is at /openapi.json.`;
  return render(new Problem(404, 'no-such-route', detail).body);
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** zod-openapi's `defaultHook`: the fields that don't fit, all of them. */
export function onInvalid(result: {
  readonly success: boolean;
  readonly target?: string;
  readonly error?: { readonly issues: readonly Issue[] };
}): Response | undefined {
  if (result.success || !result.error) return undefined;
  const errors = result.error.issues.map((issue) => ({
    field: issue.path.map(String).join('.'),
    message: issue.message,
  }));
  const listed = errors.map((e) => (e.field ? `${e.field}: ${e.message}` : e.message)).join('; ');
  const detail = `The ${result.target ?? 'request'} doesn't fit the description: ${listed}`;
  return render(new Problem(422, 'invalid-request', detail, { errors }).body);
}
