/** Hostile bytes: valid modules with faults of the kinds that break readers. */

import { randomModule } from '../../test/support/random-module.ts';
import { encode, u32 } from './encode.ts';
import { Random } from './random.ts';
import { createDecks, sweepGuest } from './sweep.ts';

/** Numbers at which sizes and counts overflow. */
const HUGE = [
  0x7f, 0x80, 0xff, 0x3fff, 0x4000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];
/** Valid and invalid encodings: too long, unused bits set, never ending. */
const LEBS: readonly (readonly number[])[] = [
  [0x80, 0x00],
  [0x80, 0x80, 0x80, 0x80, 0x00],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0x1f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  new Array<number>(40).fill(0x80),
];

/** How many modules are made of one valid one. */
const REUSE = 100;
const known = new Map<number, Uint8Array>();

/** One of the valid modules at hand, which change slowly. */
function seedModule(seed: number): Uint8Array {
  const key = Math.floor(seed / REUSE);
  const found = known.get(key) ?? valid(new Random(key));
  known.set(key, found);
  if (known.size > 8) known.delete(known.keys().next().value as number);
  return found;
}

function valid(random: Random): Uint8Array {
  return random.chance(50)
    ? encode(sweepGuest(random, createDecks(), random.chance(50)))
    : randomModule(random.next, { nanBits: true }).bytes;
}

/** A small change anywhere behind the header. */
function edit(bytes: number[], random: Random, other: Uint8Array): void {
  const at = 8 + random.below(bytes.length - 8);
  switch (random.below(10)) {
    case 0:
    case 1:
      bytes[at] = random.below(256);
      return;
    case 2:
    case 3:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return;
    case 4:
      bytes.splice(at, 0, random.below(256));
      return;
    case 5:
      bytes.splice(at, 1 + random.below(4));
      return;
    case 6: {
      const out: number[] = [];
      u32(out, random.pick(HUGE));
      bytes.splice(at, random.below(2), ...out);
      return;
    }
    case 7:
      bytes.splice(at, random.below(2), ...random.pick(LEBS));
      return;
    case 8: {
      const from = 8 + random.below(other.length - 8);
      bytes.splice(at, random.below(16), ...other.subarray(from, from + random.below(64)));
      return;
    }
    default: {
      const from = 8 + random.below(bytes.length - 8);
      bytes.splice(at, 0, ...bytes.slice(from, from + random.below(64)));
    }
  }
}

/** Offsets of the sections' ids. */
function sectionOffsets(bytes: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    offsets.push(at++);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      size += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return offsets;
}

/** Sections dropped, doubled, swapped, or with a size or a count that lies. */
function shuffleSections(bytes: Uint8Array, random: Random): number[] {
  const offsets = [...sectionOffsets(bytes), bytes.length];
  const parts = offsets.slice(0, -1).map((from, i) => [...bytes.subarray(from, offsets[i + 1])]);
  const i = random.below(parts.length);
  const part = parts[i] as number[];
  switch (random.below(5)) {
    case 0:
      parts.splice(i, 1);
      break;
    case 1:
      parts.splice(i, 0, part);
      break;
    case 2:
      [parts[0], parts[i]] = [part, parts[0] as number[]];
      break;
    default: {
      const lie: number[] = [];
      u32(
        lie,
        random.chance(50) ? random.pick(HUGE) : Math.max(0, part.length + random.below(9) - 5),
      );
      // The section's size, or the count that its content begins with.
      const sizeBytes = part.slice(1).findIndex((byte) => byte < 128) + 1;
      if (random.chance(60)) part.splice(1, sizeBytes, ...lie);
      else part.splice(1 + sizeBytes, 1, ...lie);
    }
  }
  return [...bytes.subarray(0, 8), ...parts.flat()];
}

/** The same seed gives the same bytes. */
export function hostileModule(seed: number): Uint8Array {
  const random = new Random(seed);
  const module = seedModule(seed);
  const kind = random.below(20);
  if (kind === 0) return module;
  if (kind === 1) return module.slice(0, random.below(module.length));
  const bytes = kind < 6 ? shuffleSections(module, random) : [...module];
  const other = kind > 15 ? seedModule(seed + REUSE) : module;
  for (let left = random.below(3) + (kind < 6 ? 0 : 1); left > 0; left--)
    edit(bytes, random, other);
  return Uint8Array.from(bytes);
}
