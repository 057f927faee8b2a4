/** Where things lie in the interpreter's memory. vm/machine.ts has the same numbers from here (scripts/generate-interpreter.ts). */

/** Room for exchange with the host. */
export const IO: usize = 0x1000;
export const IO_BYTES: usize = 0x1000;
/** ZERO[0] to ZERO[63], 32 bytes each. */
export const ZEROS: usize = 0x2000;
/** State of keccak: 25 lanes. */
export const SPONGE: usize = 0x2800;
/** Bytes of an access that crosses a page. */
export const STRADDLE: usize = 0x2900;
/** One byte for each instruction: which operands name slots. */
export const MASKS: usize = 0x3000;
/** Dirty flags of a level while a page is hashed. */
export const LEVEL: usize = 0x4000;
/** Instructions copied from a block of which not all is to be executed, and the word that leads back. */
export const STEP: usize = 0x5000;
/** So many, of two words each, fit. */
export const STEP_WORDS: i32 = 31;
/** What pages without content read as. */
export const ZERO_PAGE: usize = 0x10000;
/** Address of each guest page's content, u32. */
export const PAGE_TABLE: usize = 0x20000;
/** One byte for each guest page: DIRTY, WRITTEN. */
export const PAGE_FLAGS: usize = 0x60000;
/** Pages that are dirty, and pages written since the start: u32 each, without order. */
export const DIRTY_LIST: usize = 0x70000;
export const WRITTEN_LIST: usize = 0xb0000;
/** Nodes of the memory tree from the pages up, in heap order (1 is the root), 32 bytes each; zeros: a subtree of zeros. */
export const UPPER: usize = 0x100000;
/** Nodes of the slot tree, likewise. */
export const SLOT_NODES: usize = 0x500000;
export const SLOTS: usize = 0xd00000;
/** Decoded code words; behind them the pages. */
export const CODE: usize = 0x1d00000;

/**
 * A decoded word. u16 at 0: the number of the instruction, or of the fusion that begins with it. u16 at 2: instructions from it to
 * the end of its block. u32 at 4, 8, 12: a, b, c times 16. At 16: the immediate; of the forms of two words all its 16 bytes.
 * Control: at 16 the target's address (0: no word of the image), at 20 `hi`, at 24 the target's pc, at 28 the next word's.
 */
export const DECODED_BYTES: usize = 32;
/** A page: content, dirty flags of its 512 leaves, nodes in heap order. */
export const PAGE_FLAGS_AT: usize = 0x10000;
export const PAGE_NODES_AT: usize = 0x10400;
export const PAGE_STRIDE: usize = 0x18400;

export const DIRTY: u8 = 1;
export const WRITTEN: u8 = 2;
/** The page has content of its own. */
export const MAPPED: u8 = 4;

/** In MASKS: the instruction takes two words. */
export const TWO_WORDS: u8 = 32;

export const RUNNING: i32 = 0;
export const HALTED: i32 = 1;
export const TRAPPED: i32 = 2;
/** The host gave no memory for a page. */
export const OUT_OF_MEMORY: i32 = 3;

export const FRAME_SLOTS: u32 = 0xffc00;
export const GLOBALS: u32 = 0x400;
