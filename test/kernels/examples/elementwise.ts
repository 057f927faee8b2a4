import { type Examples, SIZES } from './sizes.ts';

const n = SIZES.map((size) => [size]);

export const ELEMENTWISE: Examples = { add: n, sub: n, mul: n, relu: n, normalise: n };
