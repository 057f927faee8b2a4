import { canonical, canonical64 } from '../canonical';

/** Stores a result of any type, a NaN with its canonical bits. */
@inline
export function put<T extends number>(at: usize, x: T): void {
  if (isFloat<T>()) {
    if (sizeof<T>() == 4) store<f32>(at, canonical(x as f32));
    else store<f64>(at, canonical64(x as f64));
  } else {
    store<T>(at, x);
  }
}
