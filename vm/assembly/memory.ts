import { combine, leafNode } from './hash';
import {
  DIRTY,
  DIRTY_LIST,
  LEVEL,
  MAPPED,
  PAGE_FLAGS,
  PAGE_FLAGS_AT,
  PAGE_NODES_AT,
  PAGE_STRIDE,
  PAGE_TABLE,
  STRADDLE,
  UPPER,
  WRITTEN,
  WRITTEN_LIST,
  ZERO_PAGE,
} from './layout';

export let dirtyCount: u32 = 0;
export let writtenCount: u32 = 0;
/** Next address for a page, and the first of those given back (0: none). */
let heap: usize = 0;
let free: usize = 0;
/** No page is placed at or above this. */
let ceiling: usize = 0;

/** Puts the pages at `from` and above; `limit`: bytes that they may take. */
export function placePages(from: usize, limit: f64): void {
  heap = (from + 0xffff) & ~0xffff;
  free = 0;
  const top = <f64>heap + limit;
  ceiling = top > 4294901760.0 ? 0xffff0000 : <usize>top;
}

@inline
export function pageAt(page: usize): usize {
  return <usize>load<u32>(PAGE_TABLE + (page << 2));
}

/** Content of a page, made if it has none; 0 if there is no memory for it. */
export function ensurePage(page: usize): usize {
  let at = pageAt(page);
  if (at != ZERO_PAGE) return at;
  if (free) {
    at = free;
    free = load<u32>(at);
  } else {
    if (heap + PAGE_STRIDE > ceiling) return 0;
    const needed = <i32>((heap + PAGE_STRIDE + 0xffff) >> 16) - memory.size();
    // Growing costs a system call: a MiB at a time.
    if (needed > 0 && memory.grow(max(needed, 16)) < 0 && memory.grow(needed) < 0) return 0;
    at = heap;
    heap += PAGE_STRIDE;
  }
  memory.fill(at, 0, PAGE_STRIDE);
  store<u32>(PAGE_TABLE + (page << 2), at);
  store<u8>(PAGE_FLAGS + page, load<u8>(PAGE_FLAGS + page) | MAPPED);
  return at;
}

/** Gives a page's memory back: it reads as zeros. */
export function dropPage(page: usize): void {
  const at = pageAt(page);
  if (at == ZERO_PAGE) return;
  store<u32>(at, free);
  free = at;
  store<u32>(PAGE_TABLE + (page << 2), ZERO_PAGE);
  store<u8>(PAGE_FLAGS + page, load<u8>(PAGE_FLAGS + page) & ~MAPPED);
  touch(page);
}

/** Enters a page in the lists of dirty and of written pages. */
export function touch(page: usize): void {
  const flags = load<u8>(PAGE_FLAGS + page);
  if (!(flags & DIRTY)) {
    store<u32>(DIRTY_LIST + ((<usize>dirtyCount) << 2), <u32>page);
    dirtyCount++;
  }
  if (!(flags & WRITTEN)) {
    store<u32>(WRITTEN_LIST + ((<usize>writtenCount) << 2), <u32>page);
    writtenCount++;
  }
  store<u8>(PAGE_FLAGS + page, flags | DIRTY | WRITTEN);
}

/** From now on no page counts as written. */
export function forgetWritten(): void {
  for (let i: usize = 0; i < <usize>writtenCount; i++) {
    const page = <usize>load<u32>(WRITTEN_LIST + (i << 2));
    store<u8>(PAGE_FLAGS + page, load<u8>(PAGE_FLAGS + page) & ~WRITTEN);
  }
  writtenCount = 0;
}

/** Where `width` bytes at a guest address can be read; what crosses a page is copied together. */
@inline
export function readable(address: u32, width: u32): usize {
  const offset = address & 0xffff;
  if (width == 1 || offset + width <= 0x10000) return pageAt(<usize>(address >> 16)) + <usize>offset;
  return gather(address, width);
}

function gather(address: u32, width: u32): usize {
  for (let i: u32 = 0; i < width; i++) {
    const at = address + i;
    store<u8>(STRADDLE + i, load<u8>(pageAt(<usize>(at >> 16)) + <usize>(at & 0xffff)));
  }
  return STRADDLE;
}

/** Readies a page for writing; false: no memory. */
function prepare(page: usize): bool {
  if (!ensurePage(page)) return false;
  touch(page);
  return true;
}

/** Where `width` bytes within one page can be written; marks them dirty. 0: no memory. */
@inline
export function writable(address: u32, width: u32): usize {
  const page = <usize>(address >> 16);
  const offset = address & 0xffff;
  if (load<u8>(PAGE_FLAGS + page) != (DIRTY | WRITTEN | MAPPED) && !prepare(page)) return 0;
  const at = pageAt(page);
  store<u8>(at + PAGE_FLAGS_AT + (offset >> 7), 1);
  if (width > 1) store<u8>(at + PAGE_FLAGS_AT + ((offset + width - 1) >> 7), 1);
  return at + <usize>offset;
}

/** Writes the bytes at STRADDLE to a guest address, one by one. */
export function scatter(address: u32, width: u32): bool {
  for (let i: u32 = 0; i < width; i++) {
    const to = writable(address + i, 1);
    if (!to) return false;
    store<u8>(to, load<u8>(STRADDLE + i));
  }
  return true;
}

/** Hashes what is dirty in a page. */
function commitPage(at: usize): void {
  const flags = at + PAGE_FLAGS_AT;
  const nodes = at + PAGE_NODES_AT;
  for (let i: usize = 0; i < 512; i++) {
    if (!load<u8>(flags + i)) continue;
    store<u8>(flags + i, 0);
    store<u8>(LEVEL + (i >> 1), 1);
    leafNode(at + (i << 7), nodes + ((512 + i) << 5));
  }
  let height: usize = 0;
  for (let count: usize = 256; count > 0; count >>= 1) {
    for (let i: usize = 0; i < count; i++) {
      if (!load<u8>(LEVEL + i)) continue;
      // Its parent's flag lies at or before it, where this level has been.
      store<u8>(LEVEL + i, 0);
      store<u8>(LEVEL + (i >> 1), 1);
      combine(nodes, count + i, height);
    }
    height++;
  }
  store<u8>(LEVEL, 0);
}

/** Brings the memory tree up to date. */
export function commitMemory(): void {
  for (let i: usize = 0; i < <usize>dirtyCount; i++) {
    const page = <usize>load<u32>(DIRTY_LIST + (i << 2));
    store<u8>(PAGE_FLAGS + page, load<u8>(PAGE_FLAGS + page) & ~DIRTY);
    const at = pageAt(page);
    let key: usize = 0x10000 + page;
    if (at == ZERO_PAGE) memory.fill(UPPER + (key << 5), 0, 32);
    else {
      commitPage(at);
      memory.copy(UPPER + (key << 5), at + PAGE_NODES_AT + 32, 32);
    }
    for (let height: usize = 9; height < 25; height++) {
      key >>= 1;
      combine(UPPER, key, height);
    }
  }
  dirtyCount = 0;
}

/** All pages read as zeros, nothing is dirty. */
export function initialisePages(): void {
  for (let page: usize = 0; page < 0x10000; page++) {
    store<u32>(PAGE_TABLE + (page << 2), ZERO_PAGE);
  }
  memory.fill(PAGE_FLAGS, 0, 0x10000);
  memory.fill(UPPER, 0, 0x400000);
  dirtyCount = 0;
  writtenCount = 0;
}
