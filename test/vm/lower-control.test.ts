/** Control and calls, lowered and run in the reference machine, against the JavaScript engine. */
import { describe, expect, test } from 'vitest';
import { assemble, type FunctionText } from '../support/assemble.ts';
import { Lowered } from '../support/lowered.ts';

/** A module of one function `f`, or of several of which `f` is called. */
function of(f: FunctionText, more: Readonly<Record<string, FunctionText>> = {}): Lowered {
  return new Lowered(assemble({ functions: { f, ...more } }));
}

/** Results of f(args) on which both sides agree. */
function run(
  f: FunctionText,
  ...args: readonly (number | bigint)[]
): readonly bigint[] | undefined {
  return of(f).agree('f', ...args.map(BigInt));
}

describe('blocks', () => {
  test('with results, nested, left by falling through and by branches of every depth', () => {
    const f = {
      type: 'i32 -> i32',
      body: `
        block -> i32
          block -> i32
            block -> i32
              i32.const 100
              local.get 0; i32.const 1; i32.eq; br_if 0
              local.get 0; i32.const 2; i32.eq; br_if 1
              local.get 0; i32.const 3; i32.eq; br_if 2
              local.get 0; i32.const 4; i32.eq; br_if 3
              drop; i32.const 7
            end
            i32.const 10; i32.add
          end
          i32.const 200; i32.add
        end
        i32.const 3000; i32.add`,
    };
    const lowered = of(f);
    expect([0n, 1n, 2n, 3n, 4n].map((x) => lowered.agree('f', x)?.[0])).toEqual([
      3217n,
      3310n,
      3300n,
      3100n,
      100n,
    ]);
  });

  test('a branch drops what lies between its values and the label', () => {
    const f = {
      type: 'i32 i32 -> i32 i32',
      body: `
        block -> i32 i32
          i32.const 1; i32.const 2; i32.const 3; i64.const 4
          local.get 1; local.get 0
          br 0
        end`,
    };
    expect(run(f, 8, 9)).toEqual([9n, 8n]);
  });

  test('values below a block that writes their locals', () => {
    const f = {
      type: 'i32 i32 -> i32 i32 i32',
      body: `
        local.get 0; local.get 1; local.get 0
        block
          local.get 1; br_if 0
          i32.const 50; local.set 0
          local.get 0; local.set 1
        end
        local.get 0; i32.add
        drop
        local.get 1`,
    };
    const lowered = of(f);
    expect(lowered.agree('f', 3n, 0n)).toEqual([3n, 0n, 50n]);
    expect(lowered.agree('f', 3n, 4n)).toEqual([3n, 4n, 4n]);
  });
});

describe('loops', () => {
  test('with parameters and results', () => {
    // Sum of 1..n and the number of rounds.
    const f = {
      type: 'i32 -> i32 i32',
      locals: 'i32',
      body: `
        i32.const 0; i32.const 0
        loop i32 i32 -> i32 i32
          i32.const 1; i32.add; local.set 1
          local.get 0; i32.add
          local.get 1
          local.get 0; i32.const 1; i32.sub; local.tee 0
          br_if 0
        end`,
    };
    const lowered = of(f);
    expect(lowered.agree('f', 1n)).toEqual([1n, 1n]);
    expect(lowered.agree('f', 10n)).toEqual([55n, 10n]);
  });

  test('parameters that are exchanged in every round', () => {
    const f = {
      type: 'i32 i64 i64 -> i64 i64',
      locals: 'i64 i64',
      body: `
        local.get 1; local.get 2
        loop i64 i64 -> i64 i64
          local.set 3; local.set 4
          local.get 3; local.get 4
          local.get 0; i32.const 1; i32.sub; local.tee 0
          i32.const 0; i32.gt_s; br_if 0
        end`,
    };
    const lowered = of(f);
    expect(lowered.agree('f', 1n, 5n, 6n)).toEqual([6n, 5n]);
    expect(lowered.agree('f', 4n, 5n, 6n)).toEqual([5n, 6n]);
  });

  test('that test at the start, as compilers write them; the test is made once more at the end', () => {
    const f = {
      type: 'i32 i32 -> i32',
      locals: 'i32',
      body: `
        block
          loop
            local.get 0; local.get 1; i32.ge_u; br_if 1
            local.get 2; local.get 0; i32.add; local.set 2
            local.get 0; i32.const 1; i32.add; local.set 0
            br 0
          end
        end
        local.get 2`,
    };
    const lowered = of(f);
    expect(lowered.agree('f', 7n, 7n)).toEqual([0n]);
    expect(lowered.agree('f', 9n, 7n)).toEqual([0n]);
    expect(lowered.agree('f', 0n, 5n)).toEqual([10n]);
    const steps = (n: bigint): number => lowered.machine('f', [0n, n]).steps ?? 0;
    expect(steps(101n) - steps(100n)).toBe(3);
  });

  test('left from inside other loops, and entered again', () => {
    const f = {
      type: 'i32 i32 -> i32',
      locals: 'i32 i32',
      body: `
        loop
          i32.const 0; local.set 3
          loop
            local.get 3; i32.const 1; i32.add; local.tee 3
            local.get 2; i32.add; local.tee 2
            i32.const 1000; i32.gt_u
            if
              local.get 2; return
            end
            local.get 3; local.get 1; i32.lt_u; br_if 0
            local.get 0; i32.const 1; i32.sub; local.tee 0; br_if 1
          end
        end
        i32.const -1`,
    };
    const lowered = of(f);
    expect(lowered.agree('f', 3n, 4n)).toEqual([0xffffffffn]);
    expect(lowered.agree('f', 0n, 40n)).toEqual([1010n]);
  });

  test('whose only iteration ends by falling out', () => {
    expect(run({ type: 'i32 -> i32', body: 'loop -> i32; local.get 0; end' }, 4)).toEqual([4n]);
  });
});

describe('br_if with values', () => {
  test('permutations of locals go through parallel moves', () => {
    for (const order of [
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
      [0, 0, 1],
      [1, 1, 1],
      [2, 2, 0],
    ]) {
      // A return's values go to the slots of the parameters they come from.
      const values = order.map((i) => `local.get ${i}`).join(';');
      const f = {
        type: 'i32 i64 f64 -> i32 i64 f64',
        body: 'local.get 0; local.get 1; local.get 2',
      };
      expect(run(f, 1, 2, 3)).toEqual([1n, 2n, 3n]);
      const g = {
        type: 'i64 i64 i64 -> i64 i64 i64',
        body: `${values}; local.get 0; i64.eqz; br_if 0; drop; drop; drop; ${values}; return`,
      };
      expect(run(g, 0, 20, 30)).toEqual(order.map((i) => [0n, 20n, 30n][i]));
      expect(run(g, 10, 20, 30)).toEqual(order.map((i) => [10n, 20n, 30n][i]));
    }
  });

  test('cycles among operands: a loop that rotates its four parameters', () => {
    const f = {
      type: 'i32 -> i32 i32 i32 i32',
      locals: 'i32 i32 i32 i32',
      body: `
        i32.const 1; i32.const 2; i32.const 3; i32.const 4
        loop i32 i32 i32 i32 -> i32 i32 i32 i32
          local.set 1; local.set 2; local.set 3; local.set 4
          local.get 3; local.get 2; local.get 1; local.get 4
          local.get 0; i32.const 1; i32.sub; local.tee 0; br_if 0
        end`,
    };
    const lowered = of(f);
    expect(lowered.agree('f', 1n)).toEqual([2n, 3n, 4n, 1n]);
    expect(lowered.agree('f', 2n)).toEqual([3n, 4n, 1n, 2n]);
    expect(lowered.agree('f', 4n)).toEqual([1n, 2n, 3n, 4n]);
  });

  test('not taken, the values stay where they are', () => {
    const f = {
      type: 'i32 i32 -> i32',
      body: `
        block -> i32
          i32.const 5
          local.get 0; i32.const 3; i32.add
          local.get 1; br_if 0
          i32.mul
        end`,
    };
    const lowered = of(f);
    expect(lowered.agree('f', 4n, 0n)).toEqual([35n]);
    expect(lowered.agree('f', 4n, 1n)).toEqual([7n]);
  });

  test('vectors and constants move too', () => {
    const f = {
      type: 'i32 -> i32 f32',
      body: `
        f32.const 1.5
        block -> v128 f32
          i64.const 9
          v128.const 1 2 3 4; f32.const -0
          local.get 0; br_if 0
          drop; drop; drop
          v128.const 5 6 7 8; f32.const 2.5
        end
        drop; i32x4.extract_lane 2; local.set 0; drop
        local.get 0; f32.const 0.5`,
    };
    const lowered = of(f);
    expect(lowered.agree('f', 1n)?.[0]).toBe(3n);
    expect(lowered.agree('f', 0n)?.[0]).toBe(7n);
  });
});

describe('br_table', () => {
  const f = {
    type: 'i32 i32 -> i32',
    body: `
      block -> i32
        block -> i32
          block -> i32
            local.get 1; i32.const 1; i32.add
            local.get 0
            br_table 0 1 2 1 3
          end
          i32.const 10; i32.mul
        end
        i32.const 1000; i32.add
      end
      i32.const 7; i32.xor`,
  };

  test('with values, repeated labels, the function itself as default', () => {
    const lowered = of(f);
    const at = (i: bigint): bigint | undefined => lowered.agree('f', i, 4n)?.[0];
    expect([0n, 1n, 2n, 3n].map(at)).toEqual([1050n ^ 7n, 1005n ^ 7n, 5n ^ 7n, 1005n ^ 7n]);
    expect([4n, 5n, 0x7fffffffn, 0x80000000n, 0xffffffffn].map(at)).toEqual([5n, 5n, 5n, 5n, 5n]);
  });

  test('with no entry but the default', () => {
    const only = {
      type: 'i32 -> i32',
      body: 'block; local.get 0; br_table 0; end; i32.const 6',
    };
    expect(run(only, 0)).toEqual([6n]);
    expect(run(only, -1)).toEqual([6n]);
  });

  test('back to loops and out of them', () => {
    // A machine with states: 0 counts down twice, 1 goes on, 2 leaves.
    const states = {
      type: 'i32 i32 -> i32',
      locals: 'i32',
      body: `
        block
          loop
            local.get 2; i32.const 1; i32.add; local.set 2
            local.get 0; i32.const 1; i32.sub; local.tee 0
            i32.const 0; i32.le_s; br_if 1
            local.get 1
            br_table 0 1 0
          end
        end
        local.get 2`,
    };
    const lowered = of(states);
    expect(lowered.agree('f', 5n, 0n)).toEqual([5n]);
    expect(lowered.agree('f', 5n, 1n)).toEqual([1n]);
    expect(lowered.agree('f', 5n, 9n)).toEqual([5n]);
  });

  test('of a thousand entries', () => {
    const labels = Array.from({ length: 1001 }, (_, i) => i % 3).join(' ');
    const lowered = of({
      type: 'i32 -> i32',
      body: `
        block; block; block; local.get 0; br_table ${labels}; end
        i32.const 0; return; end
        i32.const 1; return; end
        i32.const 2`,
    });
    for (const i of [0, 1, 2, 500, 998, 999, 1000, 1001, 5000]) {
      expect(lowered.agree('f', BigInt(i))).toEqual([BigInt(Math.min(i, 1000) % 3)]);
    }
  });
});

describe('if', () => {
  test('with else, parameters and results', () => {
    const lowered = of({
      type: 'i32 i32 i32 -> i32 i32',
      body: `
        local.get 0; local.get 1
        local.get 2
        if i32 i32 -> i32 i32
          i32.add; local.get 0
        else
          i32.sub; i32.const 0; local.set 0; local.get 0
        end`,
    });
    expect(lowered.agree('f', 9n, 4n, 1n)).toEqual([13n, 9n]);
    expect(lowered.agree('f', 9n, 4n, 0n)).toEqual([5n, 0n]);
  });

  test('without else, parameters are results', () => {
    const lowered = of({
      type: 'i32 i32 -> i32',
      body: `
        i32.const 100
        local.get 0
        local.get 1; i32.eqz
        if i32 -> i32
          i32.const 3; i32.mul
        end
        i32.add`,
    });
    expect(lowered.agree('f', 5n, 0n)).toEqual([115n]);
    expect(lowered.agree('f', 5n, 1n)).toEqual([105n]);
  });

  test('whose sides write the locals that are its parameters', () => {
    const lowered = of({
      type: 'i32 i32 -> i32 i32',
      body: `
        local.get 0
        local.get 0
        if i32 -> i32
          i32.const 40; local.set 0
          local.get 0; i32.add
        else
          i32.const 41; local.set 0
        end
        local.get 0`,
    });
    expect(lowered.agree('f', 2n, 0n)).toEqual([42n, 40n]);
    expect(lowered.agree('f', 0n, 0n)).toEqual([0n, 41n]);
  });

  test('one of whose sides leaves', () => {
    const lowered = of({
      type: 'i32 -> i32',
      body: `
        local.get 0; i32.const 10; i32.lt_s
        if -> i32
          local.get 0; i32.const -1; i32.eq
          if; i32.const 77; return; end
          i32.const 1
        else
          i32.const 5; br 1
        end
        i32.const 2; i32.add`,
    });
    expect([0, 10, 0xffffffff].map((x) => lowered.agree('f', BigInt(x))?.[0])).toEqual([
      3n,
      5n,
      77n,
    ]);
  });

  test('both of whose sides leave: the code behind is never reached', () => {
    const lowered = of({
      type: 'i32 -> i32',
      body: `
        local.get 0
        if -> i32; i32.const 1; return
        else; i32.const 2; return
        end
        i32.const 5; i32.add`,
    });
    expect(lowered.agree('f', 1n)).toEqual([1n]);
    expect(lowered.agree('f', 0n)).toEqual([2n]);
  });
});

describe('code that is never reached', () => {
  test.each([
    ['after br', 'block -> i32; i32.const 3; br 0; f32.neg; drop; i32.const 4; end'],
    ['after return', 'i32.const 3; return; i64.add; drop; call 0; br_table 0 0'],
    ['after br_table', 'i32.const 3; i32.const 0; br_table 0; select; drop'],
    [
      'blocks in it',
      'i32.const 3; return; block i32 -> i32; loop; br 0; end; if; else; end; i32.const 7; end',
    ],
    ['an else of it', 'i32.const 3; return; if -> i32; i32.const 1; else; unreachable; end'],
    ['a loop that is left only backwards', 'i32.const 3; br 0; loop; br 0; end; unreachable'],
  ])('%s', (_, body) => {
    expect(run({ type: '-> i32', body })).toEqual([3n]);
  });

  test('the end of a block that nothing reaches', () => {
    const f = { type: 'i32 -> i32', body: 'block; local.get 0; return; end; unreachable' };
    expect(run(f, 8)).toEqual([8n]);
  });
});

describe('calls', () => {
  test('with many arguments and results, over values that stay', () => {
    const types = 'i32 i64 f32 f64 v128 i32 i64 i32';
    const lowered = of(
      {
        type: 'i32 i64 f32 f64 -> i32 i32 i64 f64',
        body: `
          local.get 0
          local.get 0; local.get 1; local.get 2; local.get 3; v128.const 1 2 3 4
          i32.const 5; i64.const -6; local.get 0; i32.const 1; i32.add
          call 1`,
      },
      {
        g: {
          type: `${types} -> i32 i64 f64`,
          locals: 'i64 v128',
          body: `
            local.get 0; local.get 5; i32.sub; local.get 7; i32.add
            local.get 4; i32x4.extract_lane 3; i32.add
            local.get 1; local.get 6; i64.mul; local.get 8; i64.add
            local.get 2; f64.promote_f32; local.get 3; f64.add`,
        },
      },
    );
    expect(lowered.agree('f', 100n, 7n, 0x3fc00000n, 0x4000000000000000n)).toEqual([
      100n,
      200n,
      BigInt.asUintN(64, -42n),
      0x400c000000000000n,
    ]);
  });

  test("a callee's locals are zero each time, whatever lay there before", () => {
    const lowered = of(
      {
        type: 'i32 -> i32',
        body: `
          local.get 0; call 1; drop
          i32.const 9; i32.const 8; i32.const 7; i32.const 6; i32.add; i32.add; i32.add; drop
          local.get 0; call 1`,
      },
      {
        g: {
          type: 'i32 -> i32',
          locals: 'i32 v128 v128 i64',
          body: `
            local.get 1; local.get 2; i32x4.extract_lane 1; i32.add
            local.get 3; i64x2.extract_lane 1; i32.wrap_i64; i32.add
            local.get 4; i32.wrap_i64; i32.add
            i32.const 1000; local.set 1
            v128.const 1 2 3 4; local.tee 2; local.set 3
            i64.const -1; local.set 4
            local.get 0; i32.add`,
        },
      },
    );
    expect(lowered.agree('f', 5n)).toEqual([5n]);
  });

  test('recursion', () => {
    const f = {
      type: 'i64 -> i64',
      body: `
        local.get 0; i64.const 2; i64.lt_u
        if; local.get 0; return; end
        local.get 0; i64.const 1; i64.sub; call 0
        local.get 0; i64.const 2; i64.sub; call 0
        i64.add`,
    };
    expect(run(f, 15)).toEqual([610n]);
  });

  test('mutual recursion', () => {
    const side = (other: number, end: number): FunctionText => ({
      type: 'i32 -> i32',
      body: `
        local.get 0; i32.eqz
        if -> i32; i32.const ${end}
        else; local.get 0; i32.const 1; i32.sub; call ${other}
        end`,
    });
    const lowered = of(side(1, 1), { odd: side(0, 0) });
    expect(lowered.agree('f', 10n)).toEqual([1n]);
    expect(lowered.agree('f', 11n)).toEqual([0n]);
    expect(lowered.agree('odd', 11n)).toEqual([1n]);
  });

  test('recursion without end traps when the slots are used up', () => {
    const results = Array(64).fill('i32').join(' ');
    const lowered = of({ type: `-> ${results}`, body: 'call 0' });
    // The engine's stack ends earlier or later and by another error, so only the machine is asked.
    expect(lowered.machine('f', []).trapped).toBe(true);
  });

  test('results that are parameters in another order', () => {
    const lowered = of(
      { type: 'i32 i32 -> i32', body: 'local.get 0; local.get 1; call 1; i32.sub' },
      { swap: { type: 'i32 i32 -> i32 i32', body: 'local.get 1; local.get 0' } },
    );
    expect(lowered.agree('f', 10n, 3n)).toEqual([BigInt.asUintN(32, -7n)]);
    expect(lowered.agree('swap', 10n, 3n)).toEqual([3n, 10n]);
  });
});

describe('call_indirect', () => {
  const lowered = new Lowered(
    assemble({
      functions: {
        f: {
          type: 'i32 i32 -> i32',
          body: 'i32.const 1000; local.get 0; local.get 1; call_indirect i32 -> i32; i32.add',
        },
        other: {
          type: 'i32 -> i64',
          body: 'i64.const 4; local.get 0; call_indirect i64 -> i64',
        },
        double: { type: 'i32 -> i32', body: 'local.get 0; local.get 0; i32.add' },
        wide: { type: 'i64 -> i64', body: 'local.get 0; i64.const 1; i64.add' },
        negate: { type: 'i32 -> i32', body: 'i32.const 0; local.get 0; i32.sub' },
      },
      table: [2, null, 3, 4, 2],
    }),
  );

  test('calls the entry', () => {
    expect(lowered.agree('f', 21n, 0n)).toEqual([1042n]);
    expect(lowered.agree('f', 21n, 3n)).toEqual([979n]);
    expect(lowered.agree('f', 21n, 4n)).toEqual([1042n]);
    expect(lowered.agree('other', 2n)).toEqual([5n]);
  });

  test.each([
    ['null', 1n],
    ['a function of another type', 2n],
    ['the first index beyond the table', 5n],
    ['a negative index', 0xffffffffn],
  ])('traps: %s', (_, index) => {
    expect(lowered.agree('f', 21n, index)).toBeUndefined();
  });

  test('types are compared by what they are, not by their index', () => {
    // Two entries of the type section that say the same.
    const bytes = Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 9, 2, 0x60, 0, 1, 0x7f, 0x60, 0, 1, 0x7f],
      ...[3, 3, 2, 0, 1],
      ...[4, 4, 1, 0x70, 0, 1],
      ...[7, 5, 1, 1, 0x66, 0, 0],
      ...[9, 7, 1, 0, 0x41, 0, 0x0b, 1, 1],
      ...[10, 14, 2, 7, 0, 0x41, 0, 0x11, 0, 0, 0x0b, 4, 0, 0x41, 33, 0x0b],
    ]);
    expect(new Lowered(bytes).agree('f')).toEqual([33n]);
  });

  test('without a table traps at any index', () => {
    const empty = { type: 'i32 -> i32', body: 'local.get 0; call_indirect -> i32' };
    expect(() => of(empty)).toThrow('table');
  });
});
