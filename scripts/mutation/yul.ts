/** Mutants of inline assembly. */
import { child, list, type Node, range, text } from './ast.ts';
import type { FileSites } from './sites.ts';
import type { Declarations } from './solidity.ts';

/** What a builtin of two operands becomes; x0 and x1 are its operands. */
const BINARY: Readonly<Record<string, readonly string[]>> = {
  add: ['sub(x0, x1)'],
  sub: ['add(x0, x1)'],
  mul: ['add(x0, x1)'],
  div: ['mul(x0, x1)'],
  mod: ['div(x0, x1)'],
  and: ['or(x0, x1)'],
  or: ['and(x0, x1)'],
  xor: ['or(x0, x1)', 'and(x0, x1)'],
  shl: ['shr(x0, x1)'],
  shr: ['shl(x0, x1)'],
  sar: ['shr(x0, x1)'],
  lt: ['iszero(gt(x0, x1))', 'iszero(lt(x0, x1))'],
  gt: ['iszero(lt(x0, x1))', 'iszero(gt(x0, x1))'],
  slt: ['iszero(sgt(x0, x1))', 'iszero(slt(x0, x1))', 'lt(x0, x1)'],
  sgt: ['iszero(slt(x0, x1))', 'iszero(sgt(x0, x1))', 'gt(x0, x1)'],
  eq: ['iszero(eq(x0, x1))'],
  signextend: ['x1'],
  byte: ['byte(add(x0, 1), x1)'],
};
const UNARY: Readonly<Record<string, readonly string[]>> = {
  iszero: ['iszero(iszero(x0))'],
  not: ['x0'],
};

class AssemblyMutator {
  private readonly sites: FileSites;
  /** Offset behind the brace of the block. */
  private readonly block: number;
  private readonly constants: ReadonlySet<string>;

  constructor(sites: FileSites, node: Node, known: Declarations) {
    this.sites = sites;
    this.block = range(child(node, 'AST') as Node).start + 1;
    const references = node.externalReferences as readonly { declaration: number; src: string }[];
    this.constants = new Set(
      references
        .filter(({ declaration }) => known.byId.get(declaration)?.constant === true)
        .map(({ src }) => src),
    );
  }

  statement(node: Node | null | undefined): void {
    if (!node) return;
    switch (node.nodeType) {
      case 'YulBlock':
        for (const item of list(node, 'statements')) this.statement(item);
        break;
      case 'YulExpressionStatement':
        this.arguments(child(node, 'expression') as Node);
        this.leaveOut(node);
        break;
      case 'YulAssignment':
        this.expression(child(node, 'value'));
        this.leaveOut(node);
        break;
      case 'YulVariableDeclaration':
        this.expression(child(node, 'value'));
        break;
      case 'YulIf':
        this.condition(child(node, 'condition') as Node, true);
        this.statement(child(node, 'body'));
        break;
      case 'YulForLoop':
        this.statement(child(node, 'pre'));
        this.condition(child(node, 'condition') as Node, false);
        // The step of a loop is only left out where that can end: by running out of gas.
        this.statement(child(node, 'post'));
        this.statement(child(node, 'body'));
        break;
      case 'YulSwitch':
        this.expression(child(node, 'expression'));
        for (const item of list(node, 'cases')) this.statement(child(item as Node, 'body'));
        break;
    }
  }

  private leaveOut(node: Node): void {
    const place = { ...range(node), kind: 'yul-statement', block: this.block } as const;
    this.sites.add(place, '', { ...range(node), operator: 'statement left out', becomes: '' });
  }

  private condition(node: Node, both: boolean): void {
    this.expression(node);
    this.value(node, 'condition', '0');
    if (both) this.value(node, 'condition', '1');
  }

  /** The report shows the call that a number stands in. */
  private value(node: Node, operator: string, code: string, shown = node): void {
    const place = { ...range(node), kind: 'value', block: this.block } as const;
    const { start, end } = range(node);
    const whole = range(shown);
    const becomes =
      this.sites.slice(whole.start, start) +
      code.replace('x0', this.sites.slice(start, end)) +
      this.sites.slice(end, whole.end);
    this.sites.add(place, code, { ...whole, operator, becomes });
  }

  private arguments(call: Node): void {
    for (const item of list(call, 'arguments')) this.expression(item, call);
  }

  private expression(node: Node | null | undefined, above?: Node): void {
    if (!node) return;
    if (node.nodeType === 'YulLiteral' && text(node, 'kind') === 'number') {
      const value = BigInt(text(node, 'value'));
      const neighbours = [value + 1n, value - 1n];
      if (value > 0n && value % 32n === 0n) neighbours.push(value + 32n, value - 32n);
      for (const n of neighbours) if (n >= 0n) this.value(node, 'constant', `${n}`, above);
    } else if (node.nodeType === 'YulIdentifier') {
      if (this.constants.has(node.src)) this.value(node, 'constant', 'add(x0, 1)', above);
    } else if (node.nodeType === 'YulFunctionCall') {
      this.call(node);
      this.arguments(node);
    }
  }

  private call(node: Node): void {
    const name = text(child(node, 'functionName') as Node, 'name');
    const items = list(node, 'arguments') as readonly Node[];
    const codes = [
      ...((items.length === 2 ? BINARY[name] : UNARY[name]) ?? []),
      ...(name === 'sub' ? ['sub(x1, x0)'] : []),
    ];
    const { start, end } = range(node);
    const place = {
      start,
      end,
      kind: 'call',
      block: this.block,
      builtin: { name, arity: items.length },
    } as const;
    const parts = items.map((item) => this.sites.slice(range(item).start, range(item).end));
    for (const code of codes) {
      const becomes = code.replace(/x([01])/g, (_, i) => parts[Number(i)] as string);
      this.sites.add(place, code, { start, end, operator: 'operator', becomes });
    }
  }
}

/** Collects the mutants of one assembly block. */
export function mutateAssembly(sites: FileSites, node: Node, known: Declarations): void {
  new AssemblyMutator(sites, node, known).statement(child(node, 'AST'));
}
