import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, keccak256, MultiproofError, prove, ZERO } from '../../vm/multiproof.ts';
import { NaiveTree } from '../support/naive-state.ts';

const BITMAP = 16;
const scene = fc
  .record({
    depth: fc.integer({ min: 1, max: 12 }),
    contents: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 12 }),
    picked: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
  })
  .map(({ depth, contents, picked }) => {
    const size = 2 ** depth;
    const tree = new NaiveTree(depth);
    for (const [at, byte] of contents)
      tree.write((at % size) * 128 + (byte % 128), Uint8Array.of(byte));
    const leaves = [...new Set(picked.map((i) => i % size))].sort((x, y) => x - y);
    return { tree, leaves };
  });
const hashes = (tree: NaiveTree, leaves: readonly number[]): Uint8Array[] =>
  leaves.map((i) => keccak256(tree.leaf(i)));

describe('multiproof', () => {
  test('folds to the root of the tree, before and after a write', () => {
    fc.assert(
      fc.property(
        scene,
        fc.uint8Array({ minLength: 1, maxLength: 128 }),
        ({ tree, leaves }, bytes) => {
          const proof = prove(tree, leaves, BITMAP);
          const path = fold(proof, leaves, tree.depth, BITMAP);
          expect(path.bytes).toBe(proof.length);
          expect(path.root(hashes(tree, leaves))).toEqual(tree.root());
          for (const index of leaves) tree.write(index * 128, bytes);
          expect(path.root(hashes(tree, leaves))).toEqual(tree.root());
        },
      ),
    );
  });

  test('a tampered sibling or leaf leads to another root, and a tampered bitmap too or nowhere', () => {
    fc.assert(
      fc.property(
        scene,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        ({ tree, leaves }, at, flip) => {
          const proof = prove(tree, leaves, BITMAP);
          const place = at % proof.length;
          proof[place] = (proof[place] as number) ^ flip;
          let root: Uint8Array;
          try {
            const path = fold(proof, leaves, tree.depth, BITMAP);
            if (path.bytes !== proof.length) return;
            root = path.root(hashes(tree, leaves));
          } catch (error) {
            expect(error).toBeInstanceOf(MultiproofError);
            return;
          }
          expect(root).not.toEqual(tree.root());
        },
      ),
    );
    fc.assert(
      fc.property(scene, fc.nat(), ({ tree, leaves }, which) => {
        const path = fold(prove(tree, leaves, BITMAP), leaves, tree.depth, BITMAP);
        const nodes = hashes(tree, leaves);
        nodes[which % nodes.length] = keccak256(Uint8Array.of(1));
        expect(path.root(nodes)).not.toEqual(tree.root());
      }),
    );
  });

  test('the bitmap is big-endian, its least significant bit the first sibling asked for', () => {
    const tree = new NaiveTree(3);
    tree.write(0, Uint8Array.of(1));
    tree.write(128, Uint8Array.of(2));
    tree.write(7 * 128, Uint8Array.of(3));
    // Leaf 0: sibling 1 is given, the pair 2-3 is zero, the half 4-7 is given.
    const proof = prove(tree, [0], 2);
    expect([...proof.subarray(0, 2)]).toEqual([0, 0b101]);
    expect(proof.subarray(2, 34)).toEqual(tree.node(0, 1));
    expect(proof.subarray(34)).toEqual(tree.node(2, 1));
    // Leaves 0 and 7: bit 0 is leaf 1, bit 1 leaf 6, then the pairs 2-3 and 4-5; the halves meet.
    expect([...prove(tree, [0, 7], 1)].slice(0, 1)).toEqual([0b0001]);
  });

  test('leaves may be roots, with the zero subtrees of their height', () => {
    const memory = new NaiveTree(9);
    memory.write(5 * 32 * 128, Uint8Array.of(1));
    memory.write(6 * 32 * 128, Uint8Array.of(2));
    const regions = { depth: 4, node: (h: number, i: number) => memory.node(h + 5, i) };
    const path = fold(prove(regions, [5], 1, 5), [5], 4, 1, 5);
    expect(path.root([memory.node(5, 5) as Uint8Array])).toEqual(memory.root());
    expect(path.root([ZERO[5] as Uint8Array])).not.toEqual(memory.root());
  });

  test('refuses bits that nobody asks for, proofs that end early, leaves that are no set', () => {
    const tree = new NaiveTree(3);
    tree.write(128, Uint8Array.of(2));
    expect(() => fold(Uint8Array.of(0b1000), [0], 3, 1)).toThrow('bit 3 is set');
    expect(() => fold(prove(tree, [0], 1).subarray(0, 32), [0], 3, 1)).toThrow(
      'end before sibling 0',
    );
    expect(() => fold(new Uint8Array(1), [0], 3, 2)).toThrow('bitmap of 2');
    expect(() => prove(tree, [2, 2], 1)).toThrow('ascend');
    expect(() => prove(tree, [8], 1)).toThrow('ascend');
    expect(() => prove(tree, [], 1)).toThrow('no leaves');
    expect(() => prove(new NaiveTree(9), [0], 1)).toThrow('9 siblings');
  });
});
