import { encode } from './encode.ts';
import { guestOf } from './guest.ts';
import { Random } from './random.ts';
import { createDecks, sweepGuest } from './sweep.ts';
import { binaryenModule } from './binaryen.ts';
import { randomTests, withTests, boundMemory } from './harness.ts';
import { withFuel, withCanonicalNans } from './instrument.ts';
import { runInEngine } from './engine.ts';
import { GuestMachine, checkStep } from './machine.ts';
import { createMachine } from '../../vm/machine.ts';
import { interpreterModule } from '../../test/support/wasm.ts';
import { ThirdEngine, findBun } from './third-engine.ts';
const decks = createDecks();
const bun = new ThirdEngine(findBun()!);
const machine = createMachine(interpreterModule(), { maxMemoryBytes: 2 ** 28 });
for (let i = 0; i < 12; i++) {
  const random = new Random(i);
  const t0 = performance.now();
  const g0 = i % 3 === 2 ? guestOf(await binaryenModule(random, false)) : sweepGuest(random, decks, false);
  const t1 = performance.now();
  const { guest, tests } = withTests(boundMemory(g0), randomTests(g0, random, 3));
  const fuelled = withFuel(guest, 500);
  const bytes = encode(fuelled);
  const again = guestOf(bytes, guest.observed);
  const runs = tests.flatMap((t) => [0, 1].map(() => ({ test: t.name, args: random.list(t.params, () => String(random.bits('i64'))) })));
  const canon = encode(withCanonicalNans(again));
  const t2 = performance.now();
  const v8 = runInEngine(canon, runs);
  const t3 = performance.now();
  const jsc = await bun.run(canon, runs);
  const t4 = performance.now();
  const m = new GuestMachine(machine, bytes, guest.observed);
  const mine = runs.map((r) => m.run(r));
  const t5 = performance.now();
  console.log(i, [t1 - t0, t2 - t1, t3 - t2, t4 - t3, t5 - t4].map((x) => x.toFixed(1)).join(' '), bytes.length);
  const key = (o: any) => `${o.kind} ${o.trap ?? ''} ${o.observed?.join(',').slice(0,3000)} ${o.memory} ${o.pages}`;
  for (let j = 0; j < runs.length; j++) {
    const [a, b, c] = [v8[j], jsc[j], mine[j]];
    console.log('  ', a.kind, a.trap, a.detail, b.trap, c.trap, c.steps, key(a) === key(b), key(a) === key(c));
  }
}
bun.close();
