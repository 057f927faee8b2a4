/** Mutants of Solidity code. Each operator is a small fault that somebody could have written. */
import { child, list, type Node, range, text, typeOf, walk } from './ast.ts';
import type { FileSites } from './sites.ts';
import { mutateAssembly } from './yul.ts';

const BINARY: Readonly<Record<string, readonly string[]>> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['+'],
  '/': ['*'],
  '%': ['/'],
  '&': ['|'],
  '|': ['&'],
  '^': ['|', '&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '&&': ['||'],
  '||': ['&&'],
};

const ASSIGN: Readonly<Record<string, string>> = {
  '+=': '-=',
  '-=': '+=',
  '*=': '+=',
  '/=': '*=',
  '|=': '&=',
  '&=': '|=',
  '^=': '|=',
  '<<=': '>>=',
  '>>=': '<<=',
};

/** Types of which both sides of a conditional can be. Numbers without a type, and slices of calldata, aren't among them. */
const CHOOSABLE =
  /^(u?int\d+|bytes\d+|bool|address|[A-Z]\w*|(contract|enum) \w+|struct \w+(\.\w+)? memory|.*\[\] memory|bytes memory)$/;
const choosable = (type: string): boolean =>
  type.startsWith('tuple(')
    ? type.length > 'tuple()'.length &&
      !/int_const|rational|literal|calldata|function|,,|,\)/.test(type)
    : CHOOSABLE.test(type);

/** Declarations of all files, by id. */
export interface Declarations {
  readonly byId: ReadonlyMap<number, Node>;
  /** The struct that a member belongs to. */
  readonly structOf: ReadonlyMap<number, Node>;
}

export function declarations(trees: Iterable<Node>): Declarations {
  const byId = new Map<number, Node>();
  const structOf = new Map<number, Node>();
  for (const tree of trees) {
    for (const node of walk(tree)) {
      if (node.id !== undefined) byId.set(node.id, node);
      if (node.nodeType !== 'StructDefinition') continue;
      for (const member of list(node, 'members')) structOf.set(member?.id as number, node);
    }
  }
  return { byId, structOf };
}

class Mutator {
  private readonly sites: FileSites;
  private readonly known: Declarations;
  /** Ancestors of the node that is being read, from its function on. */
  private readonly path: Node[] = [];

  constructor(sites: FileSites, known: Declarations) {
    this.sites = sites;
    this.known = known;
  }

  private code(node: Node): string {
    const { start, end } = range(node);
    return this.sites.slice(start, end);
  }

  /** The offset behind the semicolon of a statement. */
  private behind(node: Node): number {
    const { end } = range(node);
    const semicolon = this.sites.source.indexOf(';', end);
    if (semicolon < 0 || this.sites.slice(end, semicolon).trim() !== '')
      throw new Error(`no semicolon behind ${this.code(node)}`);
    return semicolon + 1;
  }

  /**
   * Adds a mutant that replaces a part of `node` by other code. The place that chooses is the smallest one around the change that
   * has a type of its own, or the statement.
   */
  private change(node: Node, operator: string, start: number, end: number, code: string): void {
    const splice = (from: number, to: number): string =>
      this.sites.slice(from, start) + code + this.sites.slice(end, to);
    const chain = [...this.path, node];
    // A number or a name says little by itself: the report shows what it is part of.
    const above = this.path.at(-1);
    const lone = ['Literal', 'Identifier', 'MemberAccess'].includes(node.nodeType);
    const shown = range(lone && above && typeOf(above) !== '' ? above : node);
    const report = { operator, ...shown, becomes: splice(shown.start, shown.end) };
    for (let i = chain.length - 1; i >= 0; i--) {
      const at = chain[i] as Node;
      const above = chain[i - 1];
      const place = range(at);
      const becomes = splice(place.start, place.end);
      if (
        at.nodeType === 'ExpressionStatement' ||
        at.nodeType === 'Return' ||
        at.nodeType === 'RevertStatement'
      ) {
        const close = this.behind(at);
        this.sites.add(
          { kind: 'statement', start: place.start, end: close },
          `${becomes};`,
          report,
        );
        return;
      }
      if (
        above?.nodeType === 'VariableDeclarationStatement' &&
        child(above, 'initialValue') === at
      ) {
        const names = list(above, 'declarations');
        const cast = names.length === 1 && names[0] ? typeOf(names[0]) : '';
        const own = choosable(typeOf(at));
        if (own || /^(u?int\d+|bytes\d+)$/.test(cast)) {
          this.sites.add({ kind: 'expression', ...place, cast: own ? '' : cast }, becomes, report);
          return;
        }
      }
      if (at.lValueRequested === true || at.nodeType === 'IndexRangeAccess') continue;
      if (!choosable(typeOf(at))) continue;
      // An assignment that is a whole statement is chosen as one, except in the head of a loop, which has no place for it.
      if (above?.nodeType === 'ExpressionStatement' && !this.isLoopStep(chain[i - 2], above))
        continue;
      this.sites.add({ kind: 'expression', ...place }, becomes, report);
      return;
    }
    // A slice of calldata, or a number in a tuple that is taken apart: no conditional can choose it.
    this.sites.skipped++;
  }

  private isLoopStep(loop: Node | undefined, statement: Node): boolean {
    return loop?.nodeType === 'ForStatement' && child(loop, 'loopExpression') === statement;
  }

  private replace(node: Node, operator: string, code: string): void {
    const { start, end } = range(node);
    this.change(node, operator, start, end, code);
  }

  private below(node: Node, visit: () => void): void {
    this.path.push(node);
    visit();
    this.path.pop();
  }

  statement(node: Node | null | undefined): void {
    if (!node) return;
    const part = (field: string): void => this.statement(child(node, field));
    const value = (field: string): void => this.expression(child(node, field));
    this.below(node, () => {
      switch (node.nodeType) {
        case 'Block':
        case 'UncheckedBlock':
          for (const item of list(node, 'statements')) this.statement(item);
          break;
        case 'IfStatement':
        case 'WhileStatement':
        case 'DoWhileStatement':
        case 'ForStatement':
          part('initializationExpression');
          this.condition(child(node, 'condition'), node.nodeType === 'IfStatement');
          part('loopExpression');
          part('trueBody');
          part('falseBody');
          part('body');
          break;
        case 'VariableDeclarationStatement':
          value('initialValue');
          break;
        case 'ExpressionStatement':
          value('expression');
          break;
        case 'Return':
          value('expression');
          break;
        case 'RevertStatement':
          for (const item of list(child(node, 'errorCall') as Node, 'arguments'))
            this.expression(item);
          break;
        case 'InlineAssembly':
          mutateAssembly(this.sites, node, this.known);
          break;
      }
    });
    this.deletion(node);
  }

  /** Leaves a statement out. A `revert` that is all an `if` does is left to the mutants of its condition. */
  private deletion(node: Node): void {
    const above = this.path.at(-1);
    if (node.nodeType !== 'ExpressionStatement' && node.nodeType !== 'RevertStatement') return;
    if (node.nodeType === 'RevertStatement' && above?.nodeType === 'IfStatement') return;
    if (this.isLoopStep(above, node) || assignsStoragePointer(node)) return;
    const { start } = range(node);
    const end = this.behind(node);
    this.sites.add({ kind: 'statement', start, end }, '', {
      operator: 'statement left out',
      start,
      end,
      becomes: '',
    });
  }

  private condition(node: Node | undefined, both: boolean): void {
    if (!node) return;
    this.expression(node);
    if (node.nodeType === 'Literal') return;
    this.replace(node, 'condition', 'false');
    if (both) this.replace(node, 'condition', 'true');
  }

  private expression(node: Node | null | undefined): void {
    if (!node) return;
    switch (node.nodeType) {
      case 'BinaryOperation':
        this.binary(node);
        break;
      case 'UnaryOperation':
        this.unary(node);
        break;
      case 'Literal':
        this.literal(node);
        break;
      case 'Identifier':
      case 'MemberAccess':
        this.name(node);
        break;
      case 'Conditional':
        this.replace(child(node, 'condition') as Node, 'condition', 'true');
        this.replace(child(node, 'condition') as Node, 'condition', 'false');
        break;
      case 'Assignment':
        this.assignment(node);
        break;
      case 'FunctionCall':
        this.call(node);
        break;
    }
    this.below(node, () => {
      if (node.nodeType === 'Assignment') {
        this.assigned(child(node, 'leftHandSide'));
        this.expression(child(node, 'rightHandSide'));
        return;
      }
      if (node.nodeType === 'FunctionCall') {
        const callee = child(node, 'expression');
        if (callee?.nodeType === 'MemberAccess' && node.kind === 'functionCall')
          this.below(callee, () => this.expression(child(callee, 'expression')));
        for (const item of list(node, 'arguments')) this.expression(item);
        return;
      }
      if (node.nodeType === 'UnaryOperation' && /\+\+|--/.test(text(node, 'operator'))) {
        this.assigned(child(node, 'subExpression'));
        return;
      }
      if (node.nodeType === 'MemberAccess' && this.isConstant(node)) return;
      for (const field of PARTS) this.expression(child(node, field));
      for (const item of list(node, 'components')) this.expression(item);
    });
  }

  /** What is assigned to is no value, but the indices in it are. */
  private assigned(node: Node | null | undefined): void {
    if (!node) return;
    this.below(node, () => {
      for (const item of list(node, 'components')) this.assigned(item);
      this.assigned(child(node, 'baseExpression'));
      this.expression(child(node, 'indexExpression'));
    });
  }

  private binary(node: Node): void {
    const left = child(node, 'leftExpression') as Node;
    const right = child(node, 'rightExpression') as Node;
    const operator = text(node, 'operator');
    const from = range(left).end;
    const to = range(right).start;
    // The operator stands between the operands; a comment may, too.
    const at =
      from +
      this.sites
        .slice(from, to)
        .replace(/\/\/.*$/gm, (c) => ' '.repeat(c.length))
        .indexOf(operator);
    for (const other of BINARY[operator] ?? [])
      this.change(node, 'operator', at, at + operator.length, other);
    if (operator === '&&' || operator === '||') {
      this.replace(node, 'operand left out', this.code(left));
      this.replace(node, 'operand left out', this.code(right));
    }
  }

  private unary(node: Node): void {
    const operator = text(node, 'operator');
    const inner = child(node, 'subExpression') as Node;
    if (operator === '++' || operator === '--') {
      const other = operator === '++' ? '--' : '++';
      this.replace(node, 'operator', this.code(node).replace(operator, other));
    } else if (operator === '!' || operator === '~' || operator === '-') {
      this.replace(node, 'operator left out', this.code(inner));
    }
  }

  private literal(node: Node): void {
    const kind = text(node, 'kind');
    if (kind === 'bool') {
      this.replace(node, 'constant', text(node, 'value') === 'true' ? 'false' : 'true');
    } else if (kind === 'number' && typeOf(node).startsWith('int_const')) {
      const value = BigInt(text(node, 'value'));
      const written = text(node, 'value');
      // Where a byte string stands, a number other than 0 has to be one, too.
      const fixed = /^bytes(\d+)$/.exec(this.expectedType(node));
      const print = (n: bigint): string => {
        const digits = written.startsWith('0x') ? `0x${n.toString(16)}` : `${n}`;
        return fixed ? `${fixed[0]}(uint${8 * Number(fixed[1])}(${digits}))` : digits;
      };
      this.replace(node, 'constant', print(value + 1n));
      if (value > 0n) this.replace(node, 'constant', print(value - 1n));
    }
  }

  /** Type that a number is converted to where it stands, as far as the node above says. */
  private expectedType(node: Node): string {
    const above = this.path.at(-1);
    if (!above) return '';
    if (above.nodeType === 'Assignment') return typeOf(child(above, 'leftHandSide') as Node);
    if (above.nodeType !== 'FunctionCall') return commonType(above);
    if (above.kind === 'typeConversion') return typeOf(above);
    const callee = child(above, 'expression')?.referencedDeclaration as number;
    const declared = this.known.byId.get(callee);
    const parameters = declared && child(declared, 'parameters');
    const place = list(above, 'arguments').indexOf(node);
    const parameter = parameters && list(parameters, 'parameters')[place];
    return parameter ? typeOf(parameter) : '';
  }

  private isConstant(node: Node): boolean {
    const declared = this.known.byId.get(node.referencedDeclaration as number);
    return declared?.nodeType === 'VariableDeclaration' && declared.constant === true;
  }

  /** A constant by name becomes a neighbour of itself; a member of a struct, the next one of the same type. */
  private name(node: Node): void {
    const code = this.code(node);
    const type = typeOf(node);
    if (this.isConstant(node)) {
      if (/^uint\d+$/.test(type)) {
        this.replace(node, 'constant', `(${code} + 1)`);
        // Going below zero doesn't compile.
        const declared = this.known.byId.get(node.referencedDeclaration as number) as Node;
        const value = child(declared, 'value');
        if (!value || this.code(node) === '0' || !/^(0x0+|0)$/.test(text(value, 'value')))
          this.replace(node, 'constant', `(${code} - 1)`);
      } else if (type === 'bytes32') {
        this.replace(node, 'constant', `bytes32(uint256(${code}) + 1)`);
      }
      return;
    }
    const member = node.nodeType === 'MemberAccess' && (node.referencedDeclaration as number);
    const owner = member ? this.known.structOf.get(member) : undefined;
    if (!owner) return;
    const members = list(owner, 'members') as readonly Node[];
    const own = members.findIndex(({ id }) => id === member);
    const rest = [...members.slice(own + 1), ...members.slice(0, own)];
    const other = rest.find((item) => typeOf(item) === typeOf(members[own] as Node));
    if (other) {
      const base = child(node, 'expression') as Node;
      this.replace(node, 'member', `${this.code(base)}.${text(other, 'name')}`);
    }
  }

  private assignment(node: Node): void {
    const operator = text(node, 'operator');
    const other = ASSIGN[operator];
    if (!other) return;
    const from = range(child(node, 'leftHandSide') as Node).end;
    const at = this.sites.source.indexOf(operator, from);
    this.change(node, 'operator', at, at + operator.length, other);
  }

  /** Neighbouring arguments of one type change places. */
  private call(node: Node): void {
    if (node.kind !== 'functionCall') return;
    const items = list(node, 'arguments') as readonly Node[];
    for (let i = 1; i < items.length; i++) {
      const [x, y] = [items[i - 1] as Node, items[i] as Node];
      if (typeOf(x) !== typeOf(y)) continue;
      const between = this.sites.slice(range(x).end, range(y).start);
      const swapped = this.code(y) + between + this.code(x);
      this.change(node, 'arguments swapped', range(x).start, range(y).end, swapped);
    }
  }
}

/** A pointer into storage has to be assigned before it is read: leaving that out doesn't compile. */
function assignsStoragePointer(statement: Node): boolean {
  const left = child(child(statement, 'expression') ?? statement, 'leftHandSide');
  if (!left) return false;
  return [left, ...list(left, 'components')].some(
    (item) => item?.nodeType === 'Identifier' && typeOf(item).endsWith(' storage pointer'),
  );
}

const commonType = (node: Node | undefined): string =>
  ((node?.commonType as { typeString?: string } | undefined)?.typeString ?? '').toString();

const PARTS = [
  'leftExpression',
  'rightExpression',
  'subExpression',
  'condition',
  'trueExpression',
  'falseExpression',
  'baseExpression',
  'indexExpression',
  'startExpression',
  'endExpression',
  'expression',
];

/** Collects the mutants of every function of a file. */
export function mutateFile(sites: FileSites, tree: Node, known: Declarations): void {
  for (const node of walk(tree)) {
    if (node.nodeType !== 'FunctionDefinition' || node.kind === 'constructor') continue;
    sites.where = text(node, 'name');
    new Mutator(sites, known).statement(child(node, 'body'));
  }
}
