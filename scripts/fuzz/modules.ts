/** The differential part: modules one after the other, until the time is over. */
import { LoweringError } from '../../vm/lower/index.ts';
import { createMachine, type Machine } from '../../vm/machine.ts';
import { WasmError } from '../../vm/wasm/index.ts';
import type { ArbiterBatch } from '../lib/arbiter-batch.ts';
import { binaryenModule } from './binaryen.ts';
import { keepCase } from './cases.ts';
import {
  type Built,
  build,
  difference,
  type Engines,
  type Judge,
  judge,
  type Subject,
  survivesRoundTrip,
  wrongStep,
} from './compare.ts';
import { Coverage, count, rarest } from './coverage.ts';
import { type Guest, guestOf, instructionCount } from './guest.ts';
import { checkStep, type GuestMachine, type MachineOutcome, type SampledStep } from './machine.ts';
import { Random } from './random.ts';
import { reduce } from './reduce.ts';
import { generate, type Source, subjectOf } from './subjects.ts';
import { createDecks } from './sweep.ts';
import type { ThirdEngine } from './third-engine.ts';

const REDUCE_MS = 90_000;
/** Failures after which a run stops to reduce: more would show the same. */
const MAX_REDUCED = 5;

export interface ModulesOptions {
  readonly seed: number;
  readonly interpreter: WebAssembly.Module;
  readonly third: ThirdEngine | undefined;
  readonly batch: ArbiterBatch | undefined;
  /** Steps of a module that are verified, and how many of those the contract executes too. */
  readonly samples: number;
  readonly arbiterSamples: number;
  readonly bulk: boolean;
  readonly binaryen: boolean;
  /** Plants a fault. */
  readonly change?: Engines['change'];
  /** Where failures are kept. */
  readonly folder: string;
}

export interface Failure {
  readonly judge: Judge | 'decoder' | 'crash' | 'arbiter';
  readonly source: Source;
  readonly seed: number;
  readonly text: string;
  readonly path?: string;
  readonly instructions?: number;
}

const sameEnd = (x: MachineOutcome, y: MachineOutcome): boolean =>
  x.steps === y.steps && difference(x, y) === undefined;

export class ModuleFuzzer {
  readonly coverage = new Coverage();
  readonly failures: Failure[] = [];
  readonly modules: Record<Source, number> = { random: 0, sweep: 0, binaryen: 0 };
  /** Modules that the loader or the lowering refuse, by code. */
  readonly refused = new Map<string, number>();
  readonly ends = { done: 0, trap: 0 };
  readonly traps = new Map<string, number>();
  calls = 0;
  instructions = 0;
  sampled = 0;
  undecided = 0;
  status = 'starting';
  readonly #options: ModulesOptions;
  readonly #machine: Machine;
  readonly #decks = createDecks();
  /** Source and seed of each step that the contract was given. */
  readonly #given: { source: Source; seed: number; position: number }[] = [];
  #pending: Promise<{ seed: number; bytes: Uint8Array } | Error> | undefined;
  #ready: { seed: number; bytes: Uint8Array } | Error | undefined;
  #next: number;

  constructor(options: ModulesOptions) {
    this.#options = options;
    this.#machine = createMachine(options.interpreter, { maxMemoryBytes: 2 ** 28 });
    this.#next = options.seed;
  }

  get total(): number {
    return this.modules.random + this.modules.sweep + this.modules.binaryen;
  }

  async run(until: () => boolean): Promise<void> {
    while (!until()) {
      await this.#one(until);
      await this.#options.batch?.ready();
      // Lets the progress line and the other processes have their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#pending;
  }

  /** What the contract made of the steps that it was given. */
  arbiterFailure(index: number, text: string): void {
    const given = this.#given[index];
    this.failures.push({
      judge: 'arbiter',
      source: given?.source ?? 'sweep',
      seed: given?.seed ?? 0,
      text: `step ${given?.position}: ${text}`,
    });
  }

  async #one(until: () => boolean): Promise<void> {
    if (this.#options.binaryen && !this.#pending) this.#prefetch();
    if (this.#ready) {
      const ready = this.#ready;
      this.#ready = undefined;
      if (ready instanceof Error) throw ready;
      if (!until()) await this.#module('binaryen', ready.seed, ready.bytes, 6);
      return;
    }
    const seed = this.#next++;
    const source = seed % 3 === 0 ? 'random' : 'sweep';
    const module = generate(source, new Random(seed), this.#decks, this.#options.bulk);
    await this.#module(source, seed, module, 3);
  }

  /** The next module of binaryen, made while others are tested. */
  #prefetch(): void {
    const seed = this.#next++;
    this.#pending = binaryenModule(new Random(seed), this.#options.bulk).then(
      (bytes) => ({ seed, bytes }),
      (error: Error) => error,
    );
    void this.#pending.then((made) => {
      this.#ready = made;
      this.#pending = undefined;
    });
  }

  async #module(
    source: Source,
    seed: number,
    module: Uint8Array | Guest,
    tests: number,
  ): Promise<void> {
    this.status = `${source} ${seed}`;
    const fail = (judge: Failure['judge'], text: string): void => {
      this.failures.push({ judge, source, seed, text });
    };
    let subject: Subject | undefined;
    let built: Built;
    try {
      if (module instanceof Uint8Array && !survivesRoundTrip(module, guestOf(module))) {
        fail('decoder', 'the decoded bodies encode to other bytes');
      }
      subject = subjectOf(module, new Random(seed ^ 0x5eed), tests);
      if (!subject) return;
      built = build(subject);
    } catch (error) {
      this.#refuse(error, source, fail);
      return;
    }
    try {
      const { guestMachine, outcomes, mismatches, undecided } = await judge(built, this.#engines());
      this.modules[source] += 1;
      this.calls += outcomes.length;
      this.undecided += undecided;
      for (const { kind, trap, steps } of outcomes) {
        this.instructions += steps;
        if (kind === 'done') this.ends.done += 1;
        else if (kind === 'trap') {
          this.ends.trap += 1;
          this.traps.set(trap ?? 'unknown', (this.traps.get(trap ?? 'unknown') ?? 0) + 1);
        }
      }
      const wrong = mismatches[0];
      if (wrong)
        await this.#failed(
          subject,
          wrong.judge,
          source,
          seed,
          `${wrong.run.test}(${wrong.run.args}): ${wrong.text}`,
        );
      else this.#sample(guestMachine, built, outcomes, source, seed, (text) => fail('step', text));
    } catch (error) {
      this.#refuse(error, source, fail);
    }
  }

  #engines(): Engines {
    const { third, change } = this.#options;
    return { machine: this.#machine, third, change };
  }

  #refuse(error: unknown, source: Source, fail: (judge: 'crash', text: string) => void): void {
    if (error instanceof WasmError || error instanceof LoweringError) {
      const key = `${source}: ${error.code}`;
      this.refused.set(key, (this.refused.get(key) ?? 0) + 1);
      // Our own generators make nothing that may be refused.
      if (source === 'binaryen') return;
    }
    fail('crash', (error as Error).stack ?? String(error));
  }

  #sample(
    machine: GuestMachine,
    built: Built,
    outcomes: readonly MachineOutcome[],
    source: Source,
    seed: number,
    fail: (text: string) => void,
  ): void {
    const { samples } = this.#options;
    // The second vector of a test takes mostly the same way.
    const runs = built.runs.filter((_, i) => i % 2 === 0);
    const all: SampledStep[] = [];
    for (const run of runs) {
      const { first, last, outcome } = machine.trace(run);
      const atOnce = outcomes[built.runs.indexOf(run)];
      if (outcome && atOnce && !sameEnd(outcome, atOnce)) {
        fail(`${run.test}(${run.args}): executed step by step it ends otherwise than at once`);
      }
      const opcodes = machine.opcodesOf(first.keys());
      this.coverage.execute(opcodes);
      const places = [...first.values()].map((position, k) => ({
        position,
        opcode: opcodes[k] as number,
      }));
      const share = Math.ceil(samples / runs.length);
      const chosen = rarest(places, this.coverage.sampled, share - 1);
      const positions = [...new Set([...chosen.map(({ position }) => position), last])];
      for (const step of machine.steps(
        run,
        positions.sort((x, y) => x - y),
      )) {
        const text = checkStep(step);
        const { position, opcode } = step;
        if (text) {
          fail(
            `${run.test}(${run.args}), step ${position}, opcode 0x${opcode.toString(16)}: ${text}`,
          );
        }
        this.sampled += 1;
        count(this.coverage.sampled, opcode);
        all.push(step);
      }
    }
    this.#giveContract(all, source, seed);
  }

  /** The steps whose opcodes the contract has executed least. */
  #giveContract(steps: readonly SampledStep[], source: Source, seed: number): void {
    const { arbiterSamples, batch } = this.#options;
    if (!batch) return;
    for (const step of rarest(steps, this.coverage.contract, arbiterSamples)) {
      count(this.coverage.contract, step.opcode);
      this.#given.push({ source, seed, position: step.position });
      batch.add(step);
    }
  }

  async #failed(
    subject: Subject,
    by: Judge,
    source: Source,
    seed: number,
    text: string,
  ): Promise<void> {
    if (this.failures.filter(({ path }) => path).length >= MAX_REDUCED) {
      this.failures.push({ judge: by, source, seed, text });
      return;
    }
    const small = await this.reduce(subject, by);
    const path = keepCase(
      build(small),
      `${by} and the machine differed: ${source} ${seed}, ${text}`,
      this.#options.folder,
    );
    this.failures.push({
      judge: by,
      source,
      seed,
      text,
      path,
      instructions: instructionCount(small.guest),
    });
  }

  /** The smallest module found that still fails before the same judge. */
  async reduce(subject: Subject, by: Judge, milliseconds = REDUCE_MS): Promise<Subject> {
    const engines =
      by === 'JavaScriptCore' ? this.#engines() : { ...this.#engines(), third: undefined };
    return reduce(subject, {
      milliseconds,
      fails: async (candidate) => {
        const { mismatches, guestMachine } = await judge(build(candidate), engines);
        if (by !== 'step') return mismatches.some(({ judge }) => judge === by);
        return candidate.runs.some((run) => wrongStep(guestMachine, run) !== undefined);
      },
      onProgress: (found, attempts) => {
        this.status = `reducing: ${instructionCount(found.guest)} instructions after ${attempts} attempts`;
      },
    });
  }
}
