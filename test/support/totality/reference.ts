/** The reference machine on the state that another machine is in: it reads what it needs and keeps what it writes. */
import type { Machine } from '../../../vm/machine.ts';
import type { Image } from '../../../vm/types.ts';
import { ReferenceMachine } from '../reference-machine.ts';

class Slots extends Map<number, bigint> {
  readonly #machine: Machine;
  constructor(machine: Machine) {
    super();
    this.#machine = machine;
  }
  override get(slot: number): bigint {
    return super.get(slot) ?? this.#machine.readSlot(slot);
  }
}

/** Bytes of the machine's memory, those written in front. */
function overlay(machine: Machine, written: Map<number, number>): Uint8Array {
  return new Proxy(new Uint8Array(), {
    get: (_, key) => written.get(Number(key)) ?? machine.readMemory(Number(key), 1)[0],
    set: (_, key, value: number) => {
      written.set(Number(key), value);
      return true;
    },
  });
}

export class SteppingReference extends ReferenceMachine {
  readonly written = new Map<number, number>();
  readonly #machine: Machine;

  constructor(machine: Machine, image: Image) {
    const entry = { ...image, entries: new Map([['', machine.pc]]), data: new Uint8Array() };
    super({ ...entry, memory: { initial: 0, maximum: 0 } }, '', []);
    this.#machine = machine;
    this.fp = machine.fp;
    this.pages = machine.pages;
    Object.assign(this, { slots: new Slots(machine) });
    this.memory = overlay(machine, this.written);
  }

  /** The overlay has room for everything. */
  protected override grow(): void {}

  /** Where the machine, which has made its step by now, differs; undefined: nowhere. */
  difference(): string | undefined {
    const machine = this.#machine;
    if (machine.status !== this.status) return `status ${machine.status}, reference ${this.status}`;
    if (this.status !== 'running') return undefined;
    for (const name of ['pc', 'fp', 'pages'] as const) {
      if (machine[name] !== this[name]) return `${name} ${machine[name]}, reference ${this[name]}`;
    }
    for (const [slot, value] of this.slots) {
      const found = machine.readSlot(slot);
      if (found !== value)
        return `slot ${slot} ${found.toString(16)}, reference ${value.toString(16)}`;
    }
    for (const [address, value] of this.written) {
      const found = machine.readMemory(address, 1)[0];
      if (found !== value) return `byte ${address} ${found}, reference ${value}`;
    }
    return undefined;
  }
}
