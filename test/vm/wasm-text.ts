import binaryen from 'binaryen';

/** Assembles WebAssembly text, function names included. */
export function compile(wat: string): Uint8Array {
  const m = binaryen.parseText(wat);
  m.setFeatures(
    binaryen.Features.MutableGlobals |
      binaryen.Features.NontrappingFPToInt |
      binaryen.Features.SIMD128 |
      binaryen.Features.SignExt |
      binaryen.Features.Multivalue |
      binaryen.Features.BulkMemory,
  );
  binaryen.setDebugInfo(true);
  try {
    return m.emitBinary();
  } finally {
    binaryen.setDebugInfo(false);
    m.dispose();
  }
}
