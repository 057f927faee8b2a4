/**
 * Functions of 8-bit elements by their table: y[i] = table[x[i]], x taken as u8.
 *
 * Attributes: n (u32). Inputs: x [n] of 1-byte elements, table [256] of the output's. Output: [n].
 */
export function lookup8(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize, table: usize): void {
  for (const end = x + load<u32>(attributes); x < end; x++) {
    store<u8>(output, load<u8>(table + load<u8>(x)));
    output++;
  }
}

export function lookup8to16(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  table: usize,
): void {
  for (const end = x + load<u32>(attributes); x < end; x++) {
    store<u16>(output, load<u16>(table + ((<usize>load<u8>(x)) << 1)));
    output += 2;
  }
}

/** The same for 16-bit elements, x taken as u16 and a table of 65536. */
export function lookup16(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize, table: usize): void {
  for (const end = x + ((<usize>load<u32>(attributes)) << 1); x < end; x += 2) {
    store<u16>(output, load<u16>(table + ((<usize>load<u16>(x)) << 1)));
    output += 2;
  }
}

export function lookup16to8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  table: usize,
): void {
  for (const end = x + ((<usize>load<u32>(attributes)) << 1); x < end; x += 2) {
    store<u8>(output, load<u8>(table + load<u16>(x)));
    output++;
  }
}

/**
 * Functions of two 8-bit elements by their table: z[i] = table[256 * x[i] + y[i]], both taken as u8.
 *
 * Attributes: n (u32). Inputs: x and y [n], table [65536], all of 1-byte elements. Output: [n].
 */
export function lookup8x8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  y: usize,
  table: usize,
): void {
  for (const end = x + load<u32>(attributes); x < end; x++) {
    store<u8>(output, load<u8>(table + ((<usize>load<u8>(x)) << 8) + load<u8>(y)));
    y++;
    output++;
  }
}
