/** What conformance cases may fail for: things that this project doesn't do by design. A failure for any other reason is one. */

interface Skip {
  /** Cases by name, and what the message must be like. */
  readonly cases?: RegExp;
  readonly message?: RegExp;
  readonly reason: string;
}

const SKIPS: readonly Skip[] = [
  { message: /strings|type STRING/, reason: 'tensors of strings' },
  { cases: /^test_bernoulli/, reason: 'random numbers' },
  { message: /at random/, reason: 'random numbers' },
  { message: /the output ".*" is empty/, reason: 'results of zero elements' },
  { message: /depends on (the )?data/, reason: 'shapes that depend on data' },
  {
    cases: /^test_cast(like)?_FLOAT_to_BFLOAT16(_expanded)?$/,
    message: /element/,
    reason: "expected bfloat16 cut off instead of rounded to nearest, as Cast's definition asks",
  },
  {
    cases: /^test_adam_multiple$/,
    message: /element/,
    reason: "expected outputs for an epsilon of 0.01, which the case's model doesn't say",
  },
];

/** Why a failure is none, if it isn't. */
export function skipReason(name: string, message: string): string | undefined {
  return SKIPS.find(
    (skip) => (skip.cases?.test(name) ?? true) && (skip.message?.test(message) ?? true),
  )?.reason;
}
