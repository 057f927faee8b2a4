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
}

/** At a fixed address, which the host reads and writes. */
export const registers: Registers = changetype<Registers>(<usize>0x1f00);
