import type { Hex } from 'viem';
import type { Step } from './reducer.ts';

/** The last block of a range that was read, kept to notice a reorganisation. */
export interface Anchor {
  readonly number: number;
  readonly hash: Hex;
}

export interface WatcherState {
  /** First block that hasn't been read. */
  readonly next: number;
  readonly start: number;
  /** Ascending; the newest is the cursor's parent. */
  readonly anchors: readonly Anchor[];
  readonly head: number;
  /** Blocks asked for at once; shrinks when the endpoint refuses a range. */
  readonly range: number;
}

export type WatcherEvent =
  | { readonly type: 'head'; readonly number: number }
  /** Hash of the newest anchor's block as the chain has it now; undefined if there is no such block. */
  | { readonly type: 'anchor'; readonly number: number; readonly hash: Hex | undefined }
  /**
   * Logs of [from, to] were read. `tip`: hash of block `to` before and after reading; `anchorHash`: of the newest
   * anchor's block, after reading.
   */
  | {
      readonly type: 'logs';
      readonly from: number;
      readonly to: number;
      readonly tip: readonly [Hex | undefined, Hex | undefined];
      readonly anchorHash: Hex | undefined;
    }
  | { readonly type: 'rangeRefused' };

export type WatcherEffect =
  | { readonly kind: 'checkAnchor'; readonly number: number }
  | { readonly kind: 'readLogs'; readonly from: number; readonly to: number }
  /** Forget every event at or above this block. Precedes what is read anew. */
  | { readonly kind: 'rollback'; readonly from: number }
  /** The logs just read are on the chain that the anchors are on: keep them. */
  | { readonly kind: 'keepLogs'; readonly from: number; readonly to: number };

const MAX_RANGE = 2_000;
/** Ranges remembered; the deepest reorganisation that is followed without reading everything again. */
const MAX_ANCHORS = 256;

export const initialWatcher = (start: number): WatcherState => ({
  ...{ next: start, start, anchors: [], head: -1, range: MAX_RANGE },
});

function read(state: WatcherState): WatcherEffect[] {
  if (state.next > state.head) return [];
  const to = Math.min(state.head, state.next + state.range - 1);
  return [{ kind: 'readLogs', from: state.next, to }];
}

/** Drops the newest anchor, whose block is no longer on the chain, and all read above the one before it. */
function stepBack(before: WatcherState): Step<WatcherState, WatcherEffect> {
  const anchors = before.anchors.slice(0, -1);
  const last = anchors.at(-1);
  const next = last ? last.number + 1 : before.start;
  const state = { ...before, anchors, next };
  const effects: WatcherEffect[] = [{ kind: 'rollback', from: next }];
  if (last) effects.push({ kind: 'checkAnchor', number: last.number });
  else effects.push(...read(state));
  return { state, effects };
}

/** Follows one chain: which blocks have been read, and what to do when they are no longer on it. */
export function reduceWatcher(
  state: WatcherState,
  event: WatcherEvent,
): Step<WatcherState, WatcherEffect> {
  const last = state.anchors.at(-1);
  switch (event.type) {
    case 'head': {
      const at = { ...state, head: event.number };
      if (last) return { state: at, effects: [{ kind: 'checkAnchor', number: last.number }] };
      return { state: at, effects: read(at) };
    }
    case 'anchor': {
      if (!last || last.number !== event.number) return { state, effects: [] };
      if (last.hash === event.hash) return { state, effects: read(state) };
      // Whoever answered is behind the one that told the head, or was asked before: that is lag, not a reorganisation, which
      // puts another block in this one's place.
      if (event.hash === undefined) return { state, effects: [] };
      return stepBack(state);
    }
    case 'logs': {
      const [before, after] = event.tip;
      const torn =
        before === undefined || before !== after || (last && last.hash !== event.anchorHash);
      // The chain changed while it was read; the next look begins with the anchor again.
      if (torn || event.from !== state.next) return { state, effects: [] };
      const anchors = [...state.anchors, { number: event.to, hash: before }].slice(-MAX_ANCHORS);
      const range = Math.min(MAX_RANGE, state.range * 2);
      const kept = { ...state, anchors, range, next: event.to + 1 };
      return {
        state: kept,
        effects: [{ kind: 'keepLogs', from: event.from, to: event.to }, ...read(kept)],
      };
    }
    case 'rangeRefused':
      return { state: { ...state, range: Math.max(1, state.range >> 1) }, effects: [] };
  }
}
