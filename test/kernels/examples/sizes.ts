/** One element, odd sizes, and sizes around multiples of 4 lanes, 16 bytes and 32 columns. */
export const SIZES = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 100, 129];

/** Attributes of the calls a kernel is tried with. */
export type Examples = Readonly<Record<string, readonly (readonly number[])[]>>;
