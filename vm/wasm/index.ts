/**
 * Reading of WebAssembly modules: WebAssembly 1.0 with multi-value, sign extension, saturating
 * truncation, mutable-global exports, bulk memory and SIMD; no imports. limits.ts bounds sizes, errors.ts lists what is refused.
 */
import { PAGE_BYTES } from '../constants.ts';
import type { WasmModule } from '../types.ts';
import { WasmError } from './errors.ts';
import { checkLimit } from './limits.ts';
import { type DataSegment, readSections } from './sections.ts';

export type { RestrictionCode, WasmErrorCode } from './errors.ts';
export { RESTRICTIONS, WasmError } from './errors.ts';
export { rowOf } from './instructions.ts';
export { checkKernelProfile } from './kernel-profile.ts';
export { LIMITS } from './limits.ts';

/**
 * Reads and fully validates a binary module.
 *
 * The module keeps views of `bytes`; don't change them afterwards. A typed select comes out as a plain one
 * (0x1b) whose `type` is set. Everything that instantiation would refuse (segments out of range) is refused here.
 *
 * @throws WasmError on whatever isn't valid, isn't supported or is above a limit; nothing else.
 */
export function readModule(bytes: Uint8Array): WasmModule {
  checkLimit('moduleBytes', bytes.length, 0, 'bytes of the module');
  const sections = readSections(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  const data = fillData(sections.memory?.initial ?? 0, sections.data);
  return {
    bytes,
    types: sections.types,
    functions: sections.functions,
    table: sections.table,
    ...(sections.memory ? { memory: sections.memory } : {}),
    globals: sections.globals,
    exports: sections.exports,
    globalExports: sections.globalExports,
    ...(sections.start === undefined ? {} : { start: sections.start }),
    data,
    passive: sections.data.map(({ start, bytes: content }) =>
      start === undefined ? content : undefined,
    ),
  };
}

function fillData(pages: number, segments: readonly DataSegment[]): Uint8Array {
  let size = 0;
  for (const segment of segments) {
    if (segment.start === undefined) continue;
    const end = segment.start + segment.bytes.length;
    if (end > pages * PAGE_BYTES) {
      throw new WasmError(
        'segment-out-of-range',
        segment.offset,
        `data segment fills bytes ${segment.start} to ${end}, the memory starts with ${pages} pages (${pages * PAGE_BYTES} bytes): instantiation would trap; raise the initial size`,
      );
    }
    if (segment.bytes.length === 0) continue;
    checkLimit('dataBytes', end, segment.offset, 'bytes up to the end of a data segment');
    size = Math.max(size, end);
  }
  const data = allocate(size);
  for (const segment of segments) {
    if (segment.start !== undefined && segment.bytes.length > 0) {
      data.set(segment.bytes, segment.start);
    }
  }
  return data;
}

function allocate(size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch {
    throw new WasmError(
      'limit',
      0,
      `${size} bytes of data can't be allocated on this host: place the data lower in memory`,
    );
  }
}
