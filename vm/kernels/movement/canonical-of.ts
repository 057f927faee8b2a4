/** A float with its NaN made the canonical one; integers stay as they are. */
@inline
export function canonicalOf<T>(x: T): T {
  return isFloat<T>() ? select<T>(x, <T>NaN, x == x) : x;
}
