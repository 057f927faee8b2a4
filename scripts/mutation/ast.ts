/**
 * Solidity's syntax trees, as the compiler gives them. Offsets in a tree count bytes, so sources are kept as Latin-1 strings: one
 * character is one byte, whatever the encoding.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A node of the tree; every field that isn't named here is reached through `child`, `list` and `text`. */
export interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly id?: number;
  readonly [field: string]: unknown;
}

interface CompilerMessage {
  readonly severity: string;
  readonly formattedMessage: string;
}

export interface Sources {
  /** Path from the repository's root to the file's bytes. */
  readonly text: ReadonlyMap<string, string>;
  readonly trees: ReadonlyMap<string, Node>;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'nodeType' in value;

export function child(node: Node, field: string): Node | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

export const list = (node: Node, field: string): readonly (Node | null)[] =>
  (node[field] as readonly (Node | null)[] | undefined) ?? [];

export const text = (node: Node, field: string): string =>
  (node[field] as string | undefined) ?? '';

export function range(node: Node): { readonly start: number; readonly end: number } {
  const [start = 0, length = 0] = node.src.split(':').map(Number);
  return { start, end: start + length };
}

export const typeOf = (node: Node): string =>
  ((node.typeDescriptions as { typeString?: string } | undefined)?.typeString ?? '').toString();

/** Every node below `node`, itself first. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) yield* walk(item);
  }
}

function solidityFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return solidityFiles(path);
      return entry.name.endsWith('.sol') ? [path] : [];
    })
    .sort();
}

/** Sources and trees of everything under `contracts/`. */
export function parse(): Sources {
  const contents = new Map(
    solidityFiles('contracts').map((path) => [path, readFileSync(join(root, path), 'latin1')]),
  );
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: Object.fromEntries([...contents].map(([path, content]) => [path, { content }])),
        settings: { evmVersion: 'prague', outputSelection: { '*': { '': ['ast'] } } },
      }),
    ),
  ) as {
    errors?: readonly CompilerMessage[];
    sources: Record<string, { ast: Node }>;
  };
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    throw new Error(
      `the contracts don't compile:\n${errors.map((e) => e.formattedMessage).join('\n')}`,
    );
  }
  return {
    text: contents,
    trees: new Map(Object.entries(output.sources).map(([path, { ast }]) => [path, ast])),
  };
}

/** Files that `path` needs, itself included. */
export function importsOf(
  { trees }: Sources,
  path: string,
  found = new Set<string>(),
): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  const tree = trees.get(path);
  if (!tree) throw new Error(`${path} isn't among the sources`);
  for (const node of list(tree, 'nodes')) {
    if (node?.nodeType === 'ImportDirective')
      importsOf({ trees, text: new Map() }, text(node, 'absolutePath'), found);
  }
  return found;
}

/** Line of a byte offset, from 1 on. */
export const lineOf = (source: string, offset: number): number =>
  source.slice(0, offset).split('\n').length;
