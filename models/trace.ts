import {
  LEAF_BYTES,
  REGION_ATTRIBUTES,
  REGION_BITS,
  REGION_DATA,
  REGION_DEPTH,
  REGION_INPUTS,
  REGION_OUTPUT,
  REGION_SCRATCH,
} from '../vm/constants.ts';
import type { Hasher } from '../vm/keccak.ts';
import type { Machine } from '../vm/machine.ts';
import { createRun } from '../vm/run.ts';
import type { Image } from '../vm/types.ts';
import { donePreimage, failedPreimage, PROGRAM_DEPTH, runningPreimage } from './commit.ts';
import { ModelError } from './errors.ts';
import type { Executor } from './executor.ts';
import { type Graph, groupOf, type Instruction } from './graph.ts';
import { keccak256, multiproof, node, toHash, ZERO } from './hash.ts';
import type { SlotTree } from './slots.ts';
import { TensorTree } from './tensor-tree.ts';
import type { Descent, Hash, MachineTrace, Trace } from './types.ts';

const PROGRAM_BITMAP = 3;
const LEAF_BITMAP = 3;
const HALTED = 2;
type Call = Extract<Instruction, { kind: 'call' }>;

/** A way to depart from the true run: what dishonest submitters do in tests and demonstrations. */
export interface Tamper {
  /** Changes the output of the call at a graph step; all later steps start from the changed content. */
  readonly outputs?: ReadonlyMap<number, (output: Uint8Array) => void>;
  /** Changes the machine once, at a position of its run of the call at `step`; the run goes on from there and its output is the call's. */
  readonly machine?: {
    readonly step: number;
    readonly position: number;
    apply(machine: Machine): void;
  };
}

/** What a trace is made of; all of it belongs to one loaded model. */
export interface TraceSource {
  readonly graph: Graph;
  /** The program's 128-byte instructions. */
  readonly program: readonly Uint8Array[];
  /** Slot tree before a request. */
  readonly slots: SlotTree;
  readonly hasher: Hasher;
  /** Calls that keep a part of their output's content. */
  readonly updates: ReadonlySet<Instruction>;
  readonly image: Image;
  readonly executor: Executor;
  /** Has the image; shared with other traces, as the executor is. */
  readonly machine: Machine;
}

/** Whether a STOP_IF ends the run: the first u32 of the tensor isn't zero. */
export const stops = (tensor: Uint8Array): boolean =>
  tensor.subarray(0, 4).some((byte) => byte !== 0);

/** The trace of a checked request: inputs of the right sizes, 1 to maxIterations iterations. */
export function createTrace(
  source: TraceSource,
  inputs: readonly Uint8Array[],
  iterations: number,
  tamper: Tamper = {},
): Trace {
  return new GraphTrace(source, inputs, iterations, tamper);
}

/** Levels of a tree whose first leaf hashes are given. */
function levelsOf(leaves: readonly Uint8Array[], depth: number): Uint8Array[][] {
  const levels = [[...leaves]];
  for (let height = 0; height < depth; height++) {
    const level = levels[height]!;
    const up: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      up.push(node(level[i]!, level[i + 1] ?? ZERO[height]!));
    }
    levels.push(up);
  }
  return levels;
}

/** Multiproof of leaf `index` among the leaves whose hashes are given. */
function leafProof(leaves: readonly Uint8Array[], index: number, depth: number, bitmap: number) {
  const levels = levelsOf(leaves, depth);
  const at = (height: number, i: number) => levels[height]?.[i] ?? ZERO[height]!;
  return multiproof([index], depth, bitmap, at, (height) => ZERO[height]!);
}

const EMPTY = new Uint8Array();
const NO_PROOFS = {
  instruction: EMPTY,
  instructionProof: EMPTY,
  operandRoots: [],
  operandProof: EMPTY,
  leaf: EMPTY,
  leafProof: EMPTY,
  steps: 0,
  outputRoot: toHash(new Uint8Array(32)),
  trapped: false,
} as const;

class GraphTrace implements Trace {
  readonly length: number;
  readonly #source: TraceSource;
  readonly #inputs: readonly Uint8Array[];
  readonly #tamper: Tamper;
  /** Graph step of FINISH. */
  readonly #finish: number;
  /** Preimage of the state at each position until the state absorbs, and what each step wrote. */
  #walked: { preimages: Uint8Array[]; hashes: Hash[]; writes: (Write | undefined)[] } | undefined;
  #endHash: Hash | undefined;
  /** Position whose tensors the executor holds, while it is ours. */
  #position = 0;
  /** Outputs that the tampered machine left, by step. */
  readonly #forged = new Map<number, Uint8Array>();
  #run: { readonly step: number; readonly trace: MachineTrace } | undefined;

  constructor(
    source: TraceSource,
    inputs: readonly Uint8Array[],
    iterations: number,
    tamper: Tamper,
  ) {
    this.#source = source;
    this.#inputs = inputs;
    this.#tamper = tamper;
    this.#finish = source.graph.program.length * iterations;
    this.length = this.#finish + 1;
  }

  async graphHashes(positions: readonly number[]): Promise<Hash[]> {
    // A claim is the end alone, and costs no more than the run and the roots of its outputs.
    if (!this.#walked && positions.every((position) => position >= this.length)) {
      const end = this.#end();
      return positions.map(() => end);
    }
    const { hashes } = this.#walk();
    return positions.map((position) => hashes[Math.min(position, hashes.length - 1)]!);
  }

  #instruction(g: number): Instruction {
    const { program } = this.#source.graph;
    return program[g % program.length]!;
  }

  #initialTree(): SlotTree {
    const tree = this.#source.slots.copy();
    this.#inputs.forEach((input, slot) => {
      tree.set(slot, this.#source.hasher.tensorRoot(input));
    });
    return tree;
  }

  /** Hash of the end, by a native run without any other. */
  #end(): Hash {
    this.#endHash ??= toHash(keccak256(this.#endPreimage()));
    return this.#endHash;
  }

  #endPreimage(): Uint8Array {
    const { executor, graph, hasher, slots } = this.#source;
    for (let g = 0; g < this.#finish; g++) {
      const instruction = this.#instruction(g);
      if (instruction.kind === 'malformed') return failedPreimage();
      this.#seek(instruction.kind === 'call' ? g + 1 : g);
      if (instruction.kind === 'stopIf' && stops(executor.bytes(instruction.slot))) break;
    }
    const tree = slots.copy();
    for (const { slot } of graph.slots) {
      if (groupOf(slot) === 'output') tree.set(slot, hasher.tensorRoot(executor.bytes(slot)));
    }
    return donePreimage(tree.group(1));
  }

  /** One native run of everything, with the root of what each call writes. */
  #walk() {
    if (this.#walked) return this.#walked;
    const tree = this.#initialTree();
    const preimages = [runningPreimage(0, tree.root())];
    const writes: (Write | undefined)[] = [];
    const trees = new Map<number, TensorTree>();
    for (let g = 0; ; g++) {
      if (g === this.#finish) {
        preimages.push(donePreimage(tree.group(1)));
        break;
      }
      const instruction = this.#instruction(g);
      if (instruction.kind === 'malformed') {
        preimages.push(failedPreimage());
        break;
      }
      if (instruction.kind === 'stopIf') {
        this.#seek(g);
        if (stops(this.#source.executor.bytes(instruction.slot))) {
          preimages.push(donePreimage(tree.group(1)));
          break;
        }
        writes.push(undefined);
      } else {
        this.#seek(g + 1);
        const root = this.#outputRoot(instruction, trees);
        tree.set(instruction.output, root);
        writes.push({ slot: instruction.output, root });
      }
      preimages.push(runningPreimage(g + 1, tree.root()));
    }
    const hashes = preimages.map((preimage) => toHash(keccak256(preimage)));
    this.#walked = { preimages, hashes, writes };
    return this.#walked;
  }

  /** Root of what a call has just written. `trees`: those of tensors that are written part by part. */
  #outputRoot(call: Call, trees: Map<number, TensorTree>): Uint8Array {
    const { executor, hasher, updates } = this.#source;
    const content = executor.bytes(call.output);
    if (!updates.has(call)) return hasher.tensorRoot(content);
    const tree = trees.get(call.output) ?? new TensorTree(hasher);
    trees.set(call.output, tree);
    return tree.update(content);
  }

  /**
   * Makes the executor hold the tensors of position `g`. Not async, and no caller may wait before it reads them: the executor
   * is shared with other traces.
   */
  #seek(g: number): void {
    const { executor } = this.#source;
    if (executor.owner !== this || this.#position > g) {
      executor.load(this, this.#inputs);
      this.#position = 0;
    }
    while (this.#position < g) {
      const step = this.#position;
      const instruction = this.#instruction(step);
      if (instruction.kind === 'call') this.#call(step, instruction);
      this.#position = step + 1;
    }
  }

  #call(g: number, instruction: Call): void {
    const { executor, graph } = this.#source;
    const output = () => executor.bytes(instruction.output);
    if (this.#tamper.machine?.step === g) {
      let forged = this.#forged.get(g);
      if (!forged) {
        forged = this.#forge(g, instruction, output().length);
        this.#forged.set(g, forged);
      }
      output().set(forged);
    } else {
      executor.call(instruction, Math.floor(g / graph.program.length));
    }
    this.#tamper.outputs?.get(g)?.(output());
  }

  /** What the machine leaves as output when it is tampered with. */
  #forge(g: number, instruction: Call, length: number): Uint8Array {
    const { position, apply } = this.#tamper.machine!;
    const { machine } = this.#source;
    this.#starter(g, instruction)();
    machine.run(position);
    apply(machine);
    machine.run(Number.MAX_SAFE_INTEGER);
    if (machine.status !== 'halted') {
      throw new ModelError('KERNEL_TRAP', `step ${g}: the tampered run ends ${machine.status}`);
    }
    return machine.readMemory(REGION_OUTPUT * 2 ** REGION_BITS, length).slice();
  }

  /** Starts the machine on the call at step `g`, whose operands the executor holds now. */
  #starter(g: number, instruction: Call): () => void {
    const { executor, graph, image } = this.#source;
    const { attributes, inputs, kernel, output } = instruction;
    const { machine } = this.#source;
    // A constant's own array: the machine keeps the tree of a region whose array is the one of the run before.
    const constants = new Map(graph.slots.map(({ data, slot }) => [slot, data]));
    const content = (slot: number): Uint8Array =>
      (groupOf(slot) === 'constant' ? constants.get(slot) : undefined) ??
      executor.bytes(slot).slice();
    const regions = new Map<number, Uint8Array>([
      [REGION_DATA, image.data],
      [
        REGION_OUTPUT,
        executor.begins(instruction) ? executor.bytes(output).map(() => 0) : content(output),
      ],
      [REGION_ATTRIBUTES, content(attributes)],
      ...inputs.map((slot, i): [number, Uint8Array] => [REGION_INPUTS + i, content(slot)]),
    ]);
    const region = (index: number): bigint => BigInt(index) << BigInt(REGION_BITS);
    const args = [
      BigInt(Math.floor(g / graph.program.length)),
      ...[REGION_OUTPUT, REGION_SCRATCH, REGION_ATTRIBUTES].map(region),
      ...inputs.map((_, i) => region(REGION_INPUTS + i)),
    ];
    const entry = image.entries.get(kernel)!;
    return () => machine.start(entry, args, regions);
  }

  async machine(g: number): Promise<MachineTrace> {
    if (this.#run?.step === g) return this.#run.trace;
    const instruction = g < this.#finish ? this.#instruction(g) : undefined;
    if (instruction?.kind !== 'call') {
      throw new ModelError('OUT_OF_RANGE', `graph step ${g} runs no operator`);
    }
    const { writes } = this.#walk();
    this.#seek(g);
    const start = this.#starter(g, instruction);
    const { machine: change, outputs } = this.#tamper;
    const { position, apply } = change?.step === g ? change : {};
    const run = createRun(
      this.#source.machine,
      start,
      apply && position !== undefined ? { tamper: { position, apply } } : {},
    );
    const trace = outputs?.has(g) ? withEnd(run, haltedHash(writes[g]!.root)) : run;
    this.#run = { step: g, trace };
    return trace;
  }

  #treeAt(g: number): SlotTree {
    const { writes } = this.#walk();
    const tree = this.#initialTree();
    for (const write of writes.slice(0, g)) if (write) tree.set(write.slot, write.root);
    return tree;
  }

  async descent(g: number): Promise<Descent> {
    const { preimages, writes } = this.#walk();
    if (g >= preimages.length - 1) {
      return { ...NO_PROOFS, kind: 'absorb', state: preimages.at(-1)! };
    }
    const state = preimages[g]!;
    const tree = this.#treeAt(g);
    const opened = { proof: [tree.group(0), tree.rest()], root: toHash(tree.group(1)) };
    if (g === this.#finish) {
      const operandProof = concatenate(opened.proof);
      return { ...NO_PROOFS, kind: 'finish', state, operandRoots: [opened.root], operandProof };
    }
    const { program } = this.#source;
    const index = g % program.length;
    const hashes = program.map(keccak256);
    const proven = {
      ...NO_PROOFS,
      state,
      instruction: program[index]!,
      instructionProof: leafProof(hashes, index, PROGRAM_DEPTH, PROGRAM_BITMAP),
    };
    const instruction = this.#instruction(g);
    if (instruction.kind === 'malformed') return { ...proven, kind: 'malformed' };
    const slots = namedSlots(instruction);
    const operandRoots = slots.map((slot) => toHash(tree.get(slot)));
    const operandProof = tree.proof(slots);
    if (instruction.kind === 'call') {
      const machine = await this.machine(g);
      const outputRoot = toHash(writes[g]!.root);
      const trapped = machine.end === TRAPPED_HASH;
      const steps = machine.length;
      return { ...proven, kind: 'call', operandRoots, operandProof, steps, outputRoot, trapped };
    }
    this.#seek(g);
    const tensor = this.#source.executor.bytes(instruction.slot);
    const stopped = stops(tensor);
    return {
      ...proven,
      kind: 'stopIf',
      operandRoots: stopped ? [...operandRoots, opened.root] : operandRoots,
      operandProof: stopped ? concatenate([operandProof, ...opened.proof]) : operandProof,
      leaf: leafAt(tensor, 0),
      leafProof: leafProof(leafHashes(tensor), 0, REGION_DEPTH, LEAF_BITMAP),
    };
  }
}

interface Write {
  readonly slot: number;
  readonly root: Uint8Array;
}

/** Distinct slots an instruction names, ascending. */
function namedSlots(instruction: Exclude<Instruction, { kind: 'malformed' }>): number[] {
  if (instruction.kind === 'stopIf') return [instruction.slot];
  const { attributes, inputs, output } = instruction;
  return [...new Set([...inputs, attributes, output])].sort((x, y) => x - y);
}

function leafAt(tensor: Uint8Array, at: number): Uint8Array {
  const leaf = new Uint8Array(LEAF_BYTES);
  leaf.set(tensor.subarray(at, at + LEAF_BYTES));
  return leaf;
}

function leafHashes(tensor: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < tensor.length; at += LEAF_BYTES) hashes.push(keccak256(leafAt(tensor, at)));
  return hashes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Hash of a machine that has halted with this root of the output region. */
export const haltedHash = (root: Uint8Array): Hash =>
  toHash(keccak256(concatenate([new Uint8Array([HALTED]), root])));

const TRAPPED_HASH = toHash(keccak256(Uint8Array.of(3)));

/** A run that pretends to another end. */
function withEnd(run: MachineTrace, end: Hash): MachineTrace {
  return {
    length: run.length,
    end,
    async hashes(positions) {
      const hashes = await run.hashes(positions);
      return hashes.map((hash, i) => (positions[i]! >= run.length ? end : hash));
    },
    witness: (position) => run.witness(position),
    describe: (position) => run.describe(position),
  };
}
