/** The course of a dispute as a picture: each segment at full width, and in it the part that the next one is. */

export interface Segment {
  readonly level: 'graph' | 'machine';
  readonly lo: number;
  readonly hi: number;
}

const WIDTH = 720;
const LABEL = 18;
const BAR = 16;
const GAP = 30;
const ROW = LABEL + BAR + GAP;
/** A part narrower than this couldn't be seen. */
const MIN_PART = 3;

/** Segments that differ from the one before, in order. */
export function distinctSegments(segments: readonly Segment[]): Segment[] {
  return segments.filter((segment, i) => {
    const before = segments[i - 1];
    return before?.level !== segment.level || before.lo !== segment.lo || before.hi !== segment.hi;
  });
}

/** Left edge and width of `part` within `whole`, drawn over the full width. Another level takes all of it. */
export function placeOf(part: Segment, whole: Segment): { x: number; width: number } {
  if (part.level !== whole.level) return { x: 0, width: WIDTH };
  const scale = WIDTH / (whole.hi - whole.lo);
  const width = Math.max(MIN_PART, (part.hi - part.lo) * scale);
  return { x: Math.min((part.lo - whole.lo) * scale, WIDTH - width), width };
}

const number = (n: number): string => n.toLocaleString('en-US').replaceAll(',', ' ');
const fixed = (n: number): string => n.toFixed(2);

function label({ level, lo, hi }: Segment): string {
  const steps = hi - lo === 1 ? '1 step' : `${number(hi - lo)} steps`;
  const what = level === 'graph' ? 'operators' : 'instructions';
  return `${what} ${number(lo)} to ${number(hi)}: ${steps}`;
}

/** SVG of the segments of a dispute, from its first to where it stands. Contains numbers only, nothing from outside. */
export function bisectionSvg(segments: readonly Segment[]): string {
  const rows = distinctSegments(segments);
  const height = Math.max(1, rows.length) * ROW;
  const parts = rows.map((segment, i) => {
    const top = i * ROW;
    const bar = top + LABEL;
    const next = rows[i + 1];
    const text = `<text x="0" y="${top + LABEL - 5}">${label(segment)}</text>`;
    const whole = `<rect class="${segment.level}" x="0" y="${bar}" width="${WIDTH}" height="${BAR}" rx="2"/>`;
    if (!next)
      return text + (segment.hi - segment.lo === 1 ? whole.replace(segment.level, 'part') : whole);
    const { width, x } = placeOf(next, segment);
    const chosen = `<rect class="part" x="${fixed(x)}" y="${bar}" width="${fixed(width)}" height="${BAR}"/>`;
    const [from, to] = [bar + BAR, bar + BAR + GAP + LABEL];
    const corners = [
      `${fixed(x)},${from}`,
      `${fixed(x + width)},${from}`,
      `${WIDTH},${to}`,
      `0,${to}`,
    ];
    const funnel = `<polygon class="funnel" points="${corners.join(' ')}"/>`;
    return funnel + text + whole + chosen;
  });
  const title = `The dispute narrowed to ${rows.length > 0 ? label(rows.at(-1) as Segment) : 'nothing yet'}`;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}" class="bisection">${parts.join('')}</svg>`;
}

/** A picture of u8 [28, 28] as SVG: runs of equal ink. */
export function digitSvg(bytes: Uint8Array): string {
  const side = 28;
  const runs: string[] = [];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; ) {
      const ink = bytes[y * side + x] as number;
      let end = x + 1;
      while (end < side && bytes[y * side + end] === ink) end++;
      if (ink > 0) {
        const opacity = (ink / 255).toFixed(2);
        runs.push(`<rect x="${x}" y="${y}" width="${end - x}" height="1" opacity="${opacity}"/>`);
      }
      x = end;
    }
  }
  return `<svg viewBox="0 0 ${side} ${side}" role="img" aria-label="the input" class="digit" shape-rendering="crispEdges">${runs.join('')}</svg>`;
}
