/** Cosines and sines of parts of a circle, of exact operations only: Math.cos may differ between engines. */

/** Terms of x^2 in the series; the next one is below 2^-60 for x up to a quarter of pi. */
const TERMS = 9;

/** 1 - x^2/2! + ... (`first` 0) or x - x^3/3! + ... (`first` 1). */
function series(x: number, first: 0 | 1): number {
  let sum = 0;
  // Horner's scheme from the last term.
  for (let i = TERMS; i >= 1; i--) {
    const n = 2 * i + first;
    sum = ((1 - sum) * x * x) / (n * (n - 1));
  }
  return (1 - sum) * (first === 1 ? x : 1);
}

/** cos and sin of 2 pi * part / whole, for integers of which the product with 8 is exact. */
export function circle(part: number, whole: number): { cos: number; sin: number } {
  const turn = ((part % whole) + whole) % whole;
  // In eighths of the circle, so that the angle that is left is small and multiples of an eighth are exact.
  const eighths = Math.round((8 * turn) / whole);
  const quarter = Math.floor(eighths / 2) % 4;
  const rest = 4 * turn - whole * Math.floor(eighths / 2);
  // rest / whole is in quarters of the circle, from -1/4 to 3/4 of one.
  const isLarge = 2 * rest > whole;
  const x = ((isLarge ? whole - rest : rest) / whole) * (Math.PI / 2);
  const [c, s] = isLarge ? [series(x, 1), series(x, 0)] : [series(x, 0), series(x, 1)];
  if (quarter === 0) return { cos: c, sin: s };
  if (quarter === 1) return { cos: -s, sin: c };
  return quarter === 2 ? { cos: -c, sin: -s } : { cos: s, sin: -c };
}
