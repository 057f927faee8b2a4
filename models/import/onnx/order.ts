import { malformed } from '../../compile/errors.ts';
import type { Node } from '../../network/types.ts';

/** A node with all names that it depends on: its inputs, and what its subgraphs take from around them. */
export interface Dependent {
  readonly node: Node;
  readonly uses: readonly string[];
}

/**
 * Nodes in an order in which every value is made before it is used; the order they have, if it is one. Names that no node makes
 * are left to the caller.
 *
 * @throws ModelError BAD_NETWORK if they depend on each other in a circle, or two make the same value
 */
export function inOrder(nodes: readonly Dependent[]): readonly Dependent[] {
  const makers = new Map<string, number>();
  nodes.forEach(({ node }, i) => {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (makers.has(name)) malformed(`two nodes make "${name}"`);
      makers.set(name, i);
    }
  });
  const sorted: Dependent[] = [];
  const states = new Uint8Array(nodes.length);
  const [open, done] = [1, 2];
  for (let first = 0; first < nodes.length; first++) {
    // Depth first without recursion: a chain may be as long as the file.
    const stack = [{ i: first, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (states[top.i] === done) {
        stack.pop();
        continue;
      }
      states[top.i] = open!;
      const { node, uses } = nodes[top.i]!;
      const name = uses[top.next++];
      if (name === undefined) {
        states[top.i] = done!;
        sorted.push(nodes[top.i]!);
        stack.pop();
        continue;
      }
      const maker = makers.get(name);
      if (maker === undefined || states[maker] === done) continue;
      if (states[maker] === open)
        malformed(`${node.op} "${node.name}" depends on itself by "${name}"`);
      stack.push({ i: maker, next: 0 });
    }
  }
  return sorted;
}
