/** Instructions that end a block. Each leaves `w` at the next block, or returns. */
import { BRANCH, BRANCH_IMM, BY_CODE, type Opcode } from '../../vm/opcodes.ts';
import { semanticsOf } from '../../vm/semantics.ts';
import { operand, type Part } from './straight.ts';
import { HI, LO, NEXT_PC, place, STRIDE, TARGET, trap, u32At } from './word.ts';

/** Leaves before a pc that is no word of the image: the next step traps. */
const far = (pc: string): string =>
  `{ registers.pc = ${pc}; registers.pages = <u32>(limit >> 16); return left; }`;

/** To a fixed target, whose address stands in the word; 0 if it isn't a word of the image. */
const jump = (k: number): string =>
  `const to = <usize>${u32At(LO, k)}; if (!to) ${far(u32At(TARGET, k))} w = to;`;

const jumpTo = (pc: string): string =>
  `const to: u32 = ${pc}; if (to >= registers.words) ${far('to')} w = CODE + ((<usize>to) << 5);`;

const branch = (k: number, condition: string): string =>
  `if (${condition}) { ${jump(k)} } else w += ${STRIDE * (k + 1)};`;

/** With the frame at `fp`: beyond the safe ones each step is checked on its own. */
const enterFrame = (pc: string): string => `registers.fp = fp;
        if (fp > registers.highFp) registers.highFp = fp;
        if (fp < registers.lowFp) registers.lowFp = fp;
        if (fp > registers.safeFp) ${far(pc)}
        frame = SLOTS + ((<usize>fp) << 4);`;

const link = (k: number): string => `const link = frame + ${u32At(4, k)} + ${u32At(12, k)};
        store<u64>(link, (<u64>registers.fp) << 32 | <u64>${u32At(NEXT_PC, k)});
        store<u64>(link, 0, 8);
        const fp = registers.fp + (${u32At(4, k)} >> 4);`;

const condition = (row: Opcode, offset: number): string =>
  semanticsOf(BY_CODE.get(row.code - offset) as Opcode).value.replace(/^i32\((.*)\)$/, '$1');

/** AssemblyScript for a control instruction. */
export function control(part: Part): string {
  const { k, row } = part;
  const [type = 'i32'] = row.operands;
  switch (row.form) {
    case 'trap':
      return trap(k);
    case 'jump':
      return jump(k);
    case 'brIf':
      return branch(k, `(${operand(part, 'b', 'u32')}) != 0`);
    case 'brUnless':
      return branch(k, `(${operand(part, 'b', 'u32')}) == 0`);
    case 'brTable':
      return jumpTo(
        `${u32At(NEXT_PC, k)} + min<u32>(load<u32>(${place('b', k)}), ${u32At(LO, k)})`,
      );
    case 'cmpBranch':
      return `const x = ${operand(part, 'b', type)}; const y = ${operand(part, 'c', type)}; ${branch(k, condition(row, BRANCH))}`;
    case 'cmpBranchImm':
      return `const x = ${operand(part, 'b', 'i32')}; const y = load<i32>(w, ${HI + STRIDE * k}); ${branch(k, condition(row, BRANCH_IMM))}`;
    case 'call':
      return `${link(k)} ${enterFrame(u32At(TARGET, k))} ${jump(k)}`;
    case 'callIndirect':
      return `const index = load<u32>(${place('b', k)}); if (index >= ${u32At(HI, k)}) ${trap(k)}
        const pc = ${u32At(LO, k)} + index; ${link(k)} ${enterFrame('pc')} ${jumpTo('pc')}`;
    case 'return':
      return `const link = ${place('c', k)}; const pc = load<u32>(link); const fp = load<u32>(link, 4); ${enterFrame('pc')} ${jumpTo('pc')}`;
    case 'halt':
      return `leave(w, limit); registers.status = HALTED; return left;`;
    default:
      throw new Error(`interpreter: ${row.name} (${row.form}) ends no block`);
  }
}
