/**
 * Runs of instructions that the interpreter executes as one. They are no instructions of the machine: steps, states and hashes are
 * those of the parts, and a run that must stop between two parts executes them one by one.
 *
 * A line lists the parts. `b0`: operand b is the value of part 0 (`b`, `c`, `d` and the part's place), taken from there and not from
 * its slot. `!`: the value isn't put into its slot, because the block writes the slot again before anything else reads it.
 * The list was chosen by scripts/choose-fusions.ts: what saves most dispatches in the programs of bench/programs and in the kernels.
 */
import { BY_NAME, type Opcode } from './opcodes.ts';

export interface Fusion {
  readonly text: string;
  readonly rows: readonly Opcode[];
  readonly forwards: readonly {
    readonly component: number;
    readonly field: 'b' | 'c' | 'd';
    readonly from: number;
  }[];
  /** Parts whose value nobody reads from its slot. */
  readonly dead: readonly number[];
}

const LINES = `
f32x4.eq | v128.bitselect d0 | v128.store c1 | i32.add.imm | i32.add.imm | i32.add.imm | br.i32.gt_u c5
i32.add.imm ! | i32.load8_s b0 ! | i32.mul c1 | i32.add.imm ! | i32.load8_s b3 ! | i32.load8_s | i32.mul b4 c5 ! | i32.add b6
f32.mul ! | f32.add c0 | i32.add.imm ! | f32.load b2 ! | i32.add.imm ! | f32.load b4 | f32.mul b3 c5 | f32.add b1 c6
f32x4.eq | v128.bitselect d0 | v128.store c1 | i32.add.imm | i32.add.imm | br.i32.gt_u c4
i32.add.imm ! | v128.load8x8_s b0 ! | i32.add.imm ! | v128.load8x8_s b2 | i32x4.dot_i16x8_s b1 c3 ! | i32x4.add b4 | i32x4.add c5
v128.load32_splat ! | v128.load | f32x4.mul b0 c1 | f32x4.add c2 | i32.add | i32.add.imm | br.i32.gt_u c5
f32.load ! | f32.load | f32.mul b0 c1 | f32.add c2 | i32.add | i32.add.imm | br.i32.gt_u c5
i32.add.imm | i32.lt_s b0 | select d1 | i32.lt_s | select d3 | i32.store | i32.add.imm | i32.add.imm
v128.load ! | f32x4.mul c0 ! | f32x4.add c1 | v128.load ! | f32x4.mul c3 ! | f32x4.add c4
i32.and.imm ! | i32.add.imm ! | i32.load8_u b1 | i32.ne b0 c2 | i32.add c3 | i32.add.imm | i32.load
i32.shl.imm ! | i32.add.imm b0 | i32.store b1 | copy | i32.shl.imm | i32.or.imm b4 | br.i32.lt_s b5
f32x4.div ! | v128.store c0 | i32x4.extend_high_i16x8_u ! | f32x4.convert_i32x4_u b2
i32.add | f32.load b0 | i32.add.imm ! | f32.load b2
v128.load32_splat | v128.load ! | f32x4.mul b0 c1 ! | f32x4.add c2 | v128.load ! | f32x4.mul b0 c4 ! | f32x4.add c5
i32.gt_u | select d0 | i32.shl.imm ! | i32.add.imm b2 | i32.load b3 | br.i32.gt_u b4
i32.shl.imm ! | i32.add.imm b0 ! | i32.load b1 | i32.shl.imm ! | i32.add.imm b3 ! | i32.load b4
f64.add ! | f64.store c0 | f64.load ! | f64.mul ! | f64.mul c3 ! | f64.sub b2 c4 ! | f64.store c5 | i32.add.imm
v128.load ! | v128.load ! | f32x4.add b0 c1
v128.load ! | v128.load ! | f32x4.mul b0 c1
i32.add | i32.add.imm b0 ! | v128.load8x8_s b1 ! | i32.add.imm ! | v128.load8x8_s b3 | i32x4.dot_i16x8_s b2 c4
v128.load | f32x4.mul c0 | f32x4.add c1 | i32.add | i32.add.imm | br.i32.gt_u c4
i32.add ! | f32.load b0 | f32.max c1 | i32.add.imm | br.i32.lt_u b3
f32x4.div ! | v128.store c0 | i16x8.extend_high_i8x16_u | i32x4.extend_low_i16x8_u b2 ! | f32x4.convert_i32x4_u b3
f32x4.div | v128.store c0 | i32.sub.imm | i32.add.imm | br.i32.gt_u c3
i32.add.imm ! | v128.load8x8_s b0 ! | i32.add.imm ! | v128.load8x8_s b2 | i32x4.dot_i16x8_s b1 c3
i32.add | i32.add.imm | br.i32.ne.imm b1
i32.add.imm ! | i32.load8_s b0 | i32.add
i32.add ! | i32.xor.imm ! | i32.and c1 ! | i32.add b0 c2 ! | i32.add.imm ! | i32.load b4 ! | i32.add b3 c5 ! | i32.add b6
i32.add | i32.xor ! | i32.and b1 ! | i32.and | i32.xor b2 c3 | i32.add b0 c4 | i32.add | br.i32.eq.imm
v128.load | i16x8.extend_low_i8x16_u b0 | i32x4.extend_low_i16x8_u b1 ! | f32x4.convert_i32x4_u b2
copy | copy | copy | copy | copy | copy | copy | copy
i32.lt_u | copy | br_unless b0
f64.add.imm ! | i32.add.imm ! | f64.load b1 ! | f64.sub c2 | f64.mul b3 c3 ! | f64.add b0 c4 | i32.add.imm ! | f64.load b6
const | f64.div | f64.load | f64.mul c2 ! | f64.mul b1 c3 ! | f64.sub c4 ! | f64.store c5 | i32.add.imm
i32.rotl.imm ! | i32.rotl.imm ! | i32.xor b0 c1 ! | i32.rotl.imm ! | i32.xor b2 c3 ! | i32.add b4 | i32.and
i32.add | i32.add.imm b0 | i32.add.imm b0 ! | i32.load b2 | i32.rotl.imm b3 ! | i32.rotl.imm b3 ! | i32.xor b4 c5 | i32.shr_u.imm b3
i32.rotl.imm ! | i32.rotl.imm ! | i32.xor b0 c1 ! | i32.shr_u.imm | i32.xor b2 c3 | i32.add c4 | i32.store c5 | copy
i32.add.imm | br.i32.ne.imm b0
f64.add | f64.store c0 | i32.add.imm | i32.add.imm | i32.add.imm | br_if b4
i32.xor ! | i32.add b0 ! | i32.add.imm ! | i32.load b2 ! | i32.add b1 c3 | i32.add.imm ! | i32.load b5
v128.load ! | f32x4.mul c0 ! | f32x4.add c1
i32.rotl.imm ! | i32.rotl.imm ! | i32.xor b0 c1 ! | i32.rotl.imm ! | i32.xor b2 c3
f64.sub | f64.mul b0 c0 ! | f64.add c1 ! | f64.sqrt b2 | f64.mul b2 c3
f64.load | f64.mul ! | f64.mul c1
f64.add ! | const | f64.store c0 | const | f64.load | const | f64.load ! | f64.mul.imm b6
f32x4.eq | v128.bitselect d0 | v128.store c1 | i32.add.imm | br.i32.lt_u b3
f32x4.add ! | f32x4.mul b0
i32x4.add ! | const | i32x4.shl b0 ! | f32x4.mul c2 | i32x4.sub
i32x4.add ! | const | i32x4.shl b0 | f32x4.mul c2 | v128.store c3
i32.add.imm | br.i32.lt_s b0
i32.add.imm | br.i32.lt_u.imm b0
f32x4.add ! | f32x4.mul ! | f32x4.mul b0 c1 ! | f32x4.add b2
f32x4.add | i32x4.trunc_sat_f32x4_s | const | i32x4.shr_s b1
i32.add | i32.load b0 | i32.add.imm
f64.load | f64.mul | f64.mul c1
f64.load | i32.add.imm ! | f64.load b1 | i32.add.imm ! | f64.load b3 | i32.shl.imm ! | i32.add.imm b5 | f64.load b6
copy | copy | copy | f64.load | i32.add.imm ! | f64.load b4 ! | f64.sub c5 | f64.mul b6 c6
f32x4.mul | f32x4.nearest b0 | i32.add
f32.add | i32.add.imm | br.i32.lt_u b1
i32.add ! | v128.load b0 ! | f32x4.sub b1
f32x4.mul | f32x4.sub c0 | f32x4.mul c1
i32.add | v128.load b0 | f32x4.div b1
i32.load | i32.shl.imm b0 ! | i32.shl.imm b0 ! | i32.and.imm b2 ! | i32.or b1 c3 | i32.shr_u.imm b0
i32.and.imm ! | i32.shr_u.imm ! | i32.or b0 c1 ! | i32.or c2 ! | i32.store c3
i32.mul.imm | i32.add.imm b0 | i32.add.imm b0 | i32.add.imm b0 | i32.add.imm b0
i32.shl.imm ! | i32.add.imm b0 | i32.store b1 | copy | i32.shl.imm | i32.or.imm b4
i32.add.imm | i32.add.imm | i32.add.imm | br.i32.ne.imm
f32x4.mul ! | f32x4.sub c0
`;

function parse(text: string): Fusion {
  const rows: Opcode[] = [];
  const forwards: { component: number; field: 'b' | 'c' | 'd'; from: number }[] = [];
  const dead: number[] = [];
  text.split(' | ').forEach((part, component) => {
    const [name = '', ...marks] = part.split(' ');
    const row = BY_NAME.get(name);
    if (!row) throw new Error(`fusion "${text}": no instruction is named ${name}`);
    rows.push(row);
    for (const mark of marks) {
      if (mark === '!') dead.push(component);
      else {
        forwards.push({ component, field: mark[0] as 'b', from: Number(mark.slice(1)) });
      }
    }
  });
  return { text, rows, forwards, dead };
}

/** All fusions; their numbers in the interpreter follow those of the instructions. */
export const FUSIONS: readonly Fusion[] = LINES.split('\n')
  .filter((line) => line !== '')
  .map(parse);
