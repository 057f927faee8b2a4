/** The machine's registers and what the host needs beside them. */
@unmanaged
export class Registers {
  status: i32;
  pc: u32;
  fp: u32;
  pages: u32;
  /** Words of the image. */
  words: u32;
  globalsDirty: u32;
  /** Lowest and highest frame since the slots were last hashed, and the highest one before. */
  lowFp: u32;
  highFp: u32;
  peakFp: u32;
  /** In a frame that starts here or below, every operand of the image is in range. */
  safeFp: u32;
  /** Where the numbers of the instructions without fusions are, u16 for each word. */
  plain: usize;
  /** The word that the first one at STEP is a copy of. */
  stepFrom: usize;
}

/** At a fixed address, which the host reads and writes. */
export const registers: Registers = changetype<Registers>(<usize>0x1f00);
