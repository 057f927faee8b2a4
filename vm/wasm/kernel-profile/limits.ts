/**
 * Bounds (inclusive) of the kernel profile. The first two keep a call within every engine's native stack, whose size a kernel
 * could otherwise find out by overflowing it; the last one bounds the time that the check itself takes.
 */
export const KERNEL_LIMITS = {
  /** Functions active at once, the operator included. */
  callDepth: 16,
  /** Parameters, locals and operands of one function at once: 16 KiB if all are vectors. */
  values: 1024,
  /** Instructions gone through and values copied by the analysis of data flow. */
  work: 5_000_000,
} as const;
