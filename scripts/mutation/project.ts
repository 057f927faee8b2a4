/** The folder that forge works in: the contracts with all mutants in them, their tests, and the runs. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import {
  child,
  importsOf,
  list,
  type Node,
  range,
  root,
  type Sources,
  text,
  typeOf,
  walk,
} from './ast.ts';
import { COVER, COVER_SLOT, FileSites, type Mutant, Numbers, PROBE } from './sites.ts';
import { declarations, mutateFile } from './solidity.ts';
import type { Target } from './target.ts';

const HARNESS = join(root, 'scripts/mutation/harness');
const TESTS = 'contracts/test/';

export interface TestContract {
  readonly file: string;
  readonly name: string;
  readonly uses: ReadonlySet<string>;
  readonly functions: readonly { readonly name: string; readonly parameters: readonly string[] }[];
  /** Whether it puts code at addresses, where no recording looks for it. */
  readonly etches: boolean;
}

export interface Project {
  readonly target: Target;
  readonly mutants: readonly Mutant[];
  /** Changes that couldn't be expressed. */
  readonly skipped: number;
  readonly tests: readonly TestContract[];
  readonly sites: number;
}

/** Writes a file only if that changes it, so that forge compiles what is new. */
function writeIn(folder: string, path: string, content: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && readFileSync(file, 'latin1') === content) return;
  writeFileSync(file, content, 'latin1');
}

/** Which blocks a site reads needs more than `pure`. Nothing of the contracts' meaning hangs on it. */
const impure = (source: string): string => source.replace(/\bpure\b/g, 'view');

/** Without an optimizer, variables are moved to memory, which the compiler only does where all assembly lets it. */
const memorySafe = (source: string): string =>
  source.replace(/\bassembly \{/g, 'assembly ("memory-safe") {');

const relative = (from: string, to: string): string =>
  '../'.repeat(from.split('/').length - 1) + to;

/** In a test, `new X(...)` of a contract under test takes its code from the artifact: it is compiled once, not in each test. */
function withArtifacts(sources: Sources, file: string): string {
  const source = sources.text.get(file) as string;
  const names = new Map<number, string>();
  for (const [path, tree] of sources.trees) {
    if (!path.startsWith('contracts/src/')) continue;
    for (const node of list(tree, 'nodes'))
      if (node?.nodeType === 'ContractDefinition') names.set(node.id as number, text(node, 'name'));
  }
  const found: { start: number; end: number; code: (inner: string) => string; from: number }[] = [];
  for (const node of walk(sources.trees.get(file) as Node)) {
    if (node.nodeType !== 'FunctionCall') continue;
    const made = child(node, 'expression');
    if (made?.nodeType !== 'NewExpression') continue;
    const type = child(made, 'typeName');
    const name = names.get(type?.referencedDeclaration as number);
    if (!name) continue;
    const { start, end } = range(node);
    const from = range(made).end;
    const code = (inner: string): string =>
      `${name}(created("${name}.sol:${name}", abi.encode${inner}))`;
    found.push({ start, end, from, code });
  }
  if (found.length === 0) return source;
  const render = (from: number, to: number): string => {
    let out = '';
    let at = from;
    for (const item of found) {
      if (item.start < at || item.end > to || item.start < from) continue;
      out += source.slice(at, item.start) + item.code(render(item.from, item.end));
      at = item.end;
    }
    return out + source.slice(at, to);
  };
  const line = `import {created} from "${relative(file, 'contracts/mutation/Harness.sol')}";`;
  return withImport(render(0, source.length), line);
}

const withImport = (source: string, line: string): string =>
  source.replace(/^pragma solidity [^;]*;/m, (pragma) => `${pragma} ${line}`);

function testsOf(sources: Sources, target: Target): TestContract[] {
  const found: TestContract[] = [];
  for (const [file, tree] of sources.trees) {
    if (!file.startsWith(TESTS) || !file.endsWith('.t.sol')) continue;
    const uses = importsOf(sources, file);
    if (!target.isTest(file, uses)) continue;
    for (const contract of list(tree, 'nodes')) {
      if (contract?.nodeType !== 'ContractDefinition' || contract.abstract === true) continue;
      const functions = list(contract, 'nodes').flatMap((node) => {
        if (node?.nodeType !== 'FunctionDefinition' || !text(node, 'name').startsWith('test'))
          return [];
        const parameters = list(child(node, 'parameters') as Node, 'parameters');
        const types = parameters.map((item) => (item ? typeOf(item) : ''));
        return [{ name: text(node, 'name'), parameters: types }];
      });
      const etches = sources.text.get(file)?.includes('vm.etch(') === true;
      if (functions.length > 0)
        found.push({ file, name: text(contract, 'name'), uses, functions, etches });
    }
  }
  return found;
}

const config = `# Generated by scripts/mutate.ts.
[profile.default]
src = "contracts/src"
test = "contracts/mutation"
out = "out"
cache_path = "cache"
libs = []
offline = true
solc = ${JSON.stringify(join(root, 'scripts/solc'))}
optimizer = true
optimizer_runs = 1
via_ir = true
evm_version = "prague"
bytecode_hash = "none"
code_size_limit = 16777216
gas_limit = 9223372036854775807
memory_limit = 4294967296
fs_permissions = [{ access = "read-write", path = "./" }]

# All mutants in one copy are much code: nothing but what keeps variables off the stack's end.
[profile.default.optimizer_details]
yul = true

[profile.default.optimizer_details.yulDetails]
stackAllocation = true
optimizerSteps = ":"

[lint]
lint_on_build = false
`;

/** Writes the project for the files chosen. */
export function writeProject(
  target: Target,
  sources: Sources,
  chosen: (path: string) => boolean,
): Project {
  const write = (path: string, content: string): void => writeIn(target.folder, path, content);
  const known = declarations(sources.trees.values());
  const numbers = new Numbers();
  const mutants: Mutant[] = [];
  let skipped = 0;
  const tests = testsOf(sources, target);
  const needed = new Set(tests.flatMap(({ uses }) => [...uses]));
  for (const [file, source] of sources.text) {
    if (file.startsWith(TESTS) && !needed.has(file)) continue;
    if (file.startsWith('contracts/src/') && target.isMutated(file) && chosen(file)) {
      const sites = new FileSites(file, source, numbers);
      mutateFile(sites, sources.trees.get(file) as Node, known);
      const line = `import {mutantAt} from "${relative(file, 'contracts/mutation/Mutants.sol')}";`;
      write(file, impure(withImport(sites.instrumented(), line)));
      mutants.push(...sites.mutants);
      skipped += sites.skipped;
    } else if (file.startsWith(TESTS))
      write(file, memorySafe(impure(withArtifacts(sources, file))));
    else if (needed.has(file)) write(file, impure(source));
  }
  const sites = numbers.site();
  for (const name of target.harness) {
    const content = readFileSync(join(HARNESS, name), 'latin1')
      .replace(/\bCOVER_SLOT\b/g, COVER_SLOT)
      .replace(/\bCOVER\b/g, `${COVER}`)
      .replace(/\bPROBE\b/g, `${PROBE}`)
      .replace(/\bSITES\b/g, `${sites}`);
    write(`contracts/mutation/${name}`, content);
  }
  // Forge compiles what a test folder's files import.
  const imports = tests.map(({ file }) => `import "${relative('contracts/mutation/x', file)}";`);
  const all = target.contracts.map((name) => `import "../src/${name}.sol";`);
  write(
    'contracts/mutation/All.sol',
    `pragma solidity ^0.8.28;\n${[...imports, ...all].join('\n')}\n`,
  );
  write('foundry.toml', config);
  copyVectors(target);
  return { target, mutants, skipped, tests, sites };
}

/** Tests read vectors by their path from the root. */
function copyVectors({ folder: project, vectors }: Target): void {
  for (const folder of ['build/vectors', 'test/vectors']) {
    mkdirSync(join(project, folder), { recursive: true });
    for (const name of readdirSync(join(root, folder)).filter((name) => vectors.test(name)))
      copyFileSync(join(root, folder, name), join(project, folder, name));
  }
}
