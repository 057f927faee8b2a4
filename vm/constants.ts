/** Constants of the machine and the graph; docs/machine.md and docs/protocol.md are their specification. */

/** Bytes of one leaf in every tree: one permutation of keccak, whose rate is 136. */
export const LEAF_BYTES = 128;
export const SLOT_BYTES = 16;
export const WORD_BYTES = 16;
export const WORDS_PER_LEAF = LEAF_BYTES / WORD_BYTES;
export const SLOTS_PER_LEAF = LEAF_BYTES / SLOT_BYTES;

export const CODE_DEPTH = 18;
/** Program counters are below this; one at or above it traps without a code leaf. */
export const CODE_WORDS = WORDS_PER_LEAF << CODE_DEPTH;

export const SLOTS_DEPTH = 17;
export const GLOBALS = 1 << 10;
/** Slots that a frame may reach; the globals lie above. */
export const FRAME_SLOTS = (SLOTS_PER_LEAF << SLOTS_DEPTH) - GLOBALS;
export const GLOBAL_BASE = FRAME_SLOTS;

export const REGION_DEPTH = 21;
export const REGION_BITS = 28;
export const REGION_BYTES = 2 ** REGION_BITS;
export const REGIONS = 16;
export const MEMORY_DEPTH = 25;
export const PAGE_BYTES = 65536;
export const MAX_PAGES = 65536;

/** A run has at most this many steps: the step at position LIMIT - 1 traps. */
export const LIMIT = 2 ** 48;

/** Memory regions of an operator call. */
export const REGION_DATA = 0;
export const REGION_OUTPUT = 1;
export const REGION_SCRATCH = 2;
export const REGION_ATTRIBUTES = 3;
export const REGION_INPUTS = 4;
export const MAX_INPUTS = REGIONS - REGION_INPUTS;

export const LOWERING_VERSION = 1;
export const MACHINE_VERSION = 1;
