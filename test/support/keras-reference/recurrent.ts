/** Recurrent layers, moment by moment, after Keras's equations. */
import { type Arr, arr, map, type Settings } from './arrays.ts';
import { FUNCTIONS } from './functions.ts';

export function recurrent(kind: string, x: Arr, weights: readonly Arr[], config: Settings): Arr {
  const [n, time, features] = x.shape as [number, number, number];
  const units = config.units as number;
  const [kernel, states, bias] = weights as [Arr, Arr, Arr];
  const columns = kernel.shape[1]!;
  const inner = FUNCTIONS[(config.recurrent_activation as string) ?? 'sigmoid']!;
  const outer = FUNCTIONS[(config.activation as string) ?? 'tanh']!;
  const isAfter = kind === 'GRU' && config.reset_after === true;
  const moments: number[][][] = [];
  for (let b = 0; b < n; b++) {
    let h = new Array<number>(units).fill(0);
    let cell = new Array<number>(units).fill(0);
    moments.push([]);
    for (let step = 0; step < time; step++) {
      const t = config.go_backwards ? time - 1 - step : step;
      const from = (b * time + t) * features;
      const ofInput = (g: number): number => {
        let sum = bias.data[g]!;
        for (let k = 0; k < features; k++) sum += x.data[from + k]! * kernel.data[k * columns + g]!;
        return sum;
      };
      const ofState = (g: number, state: readonly number[]): number => {
        let sum = isAfter ? bias.data[columns + g]! : 0;
        for (let k = 0; k < units; k++) sum += state[k]! * states.data[k * columns + g]!;
        return sum;
      };
      const old = h;
      const gate = (i: number, u: number, state = old): number =>
        ofInput(i * units + u) + ofState(i * units + u, state);
      const each = (f: (u: number) => number): number[] =>
        Array.from({ length: units }, (_, u) => f(u));
      if (kind === 'SimpleRNN') h = each((u) => outer(gate(0, u)));
      else if (kind === 'LSTM') {
        const before = cell;
        cell = each((u) => inner(gate(1, u)) * before[u]! + inner(gate(0, u)) * outer(gate(2, u)));
        h = each((u) => inner(gate(3, u)) * outer(cell[u]!));
      } else {
        const z = each((u) => inner(gate(0, u)));
        const r = each((u) => inner(gate(1, u)));
        const candidate = each((u) =>
          isAfter
            ? outer(ofInput(2 * units + u) + r[u]! * ofState(2 * units + u, old))
            : outer(
                gate(
                  2,
                  u,
                  old.map((value, k) => r[k]! * value),
                ),
              ),
        );
        h = each((u) => z[u]! * old[u]! + (1 - z[u]!) * candidate[u]!);
      }
      moments[b]!.push(h);
    }
  }
  return config.return_sequences
    ? arr([n, time, units], moments.flat(2))
    : arr(
        [n, units],
        moments.flatMap((all) => all.at(-1)!),
      );
}

/** Reverses the order of time. */
export function reversed(x: Arr): Arr {
  const [, time, units] = x.shape as [number, number, number];
  return map(x, (_, i) => {
    const [b, t, u] = [Math.floor(i / (time * units)), Math.floor(i / units) % time, i % units];
    return x.data[(b * time + (time - 1 - t)) * units + u]!;
  });
}
