/** Which of an order's lines its captures and refunds cover, and what is left of each. Pure. */
import type { OperationKind, OperationState } from './operation.ts';
import type { OrderLine } from './order.ts';

/** A part of a line, by its `lineId`, in minor units. Negative where the line is negative. */
export interface MovedLine {
  readonly lineId: string;
  readonly amountMinor: number;
  readonly quantity?: number;
}

/** The part of a capture or refund that concerns lines. `lines` is null where it named none. */
export interface LinedOperation {
  readonly kind: OperationKind;
  readonly state: OperationState;
  readonly lines: readonly MovedLine[] | null;
}

/** What is left of a line. The quantity is null where an earlier part did not name its quantity. */
export interface LineLeft {
  readonly lineId: string;
  readonly amountMinor: number;
  readonly quantity: number | null;
  /** The line was available, and no part of it has been moved. */
  readonly isWhole: boolean;
}

export type MovedKind = 'capture' | 'refund';

/** All facts from which the rest of each line is computed. */
export interface LineHistory {
  readonly ordered: readonly OrderLine[];
  /** Earlier captures and refunds of the payment, including failed ones. */
  readonly operations: readonly LinedOperation[];
  /** What the gateway has captured in total, including captures that we did not ask for. */
  readonly capturedMinor: number;
}

/**
 * What is left of each line to capture, or what is left to refund of its captured part. Every operation that
 * has not failed counts. Money that was captured without lines may belong to any line, so the limit for each
 * line is then the whole line.
 */
export function linesLeft(kind: MovedKind, history: LineHistory): readonly LineLeft[] {
  const { ordered } = history;
  const before: readonly LineLeft[] = kind === 'capture' ? ordered.map(wholeLine) : capturedLines(history);
  return moved(before, linesOf(kind, history));
}

function wholeLine({ lineId, amountMinor, quantity }: OrderLine): LineLeft {
  return { lineId, amountMinor, quantity, isWhole: true };
}

/** The captured part of each line. */
function capturedLines({ ordered, operations, capturedMinor }: LineHistory): readonly LineLeft[] {
  const done = operations.filter(({ kind, state }) => kind === 'capture' && state === 'done');
  const named = done.flatMap(({ lines }) => lines ?? []);
  if (sumOf(named) < capturedMinor) return ordered.map(wholeLine);
  return ordered.map((line) => {
    const parts = named.filter(({ lineId }) => lineId === line.lineId);
    const amountMinor = sumOf(parts);
    const quantity = amountMinor === line.amountMinor ? line.quantity : quantityOf(parts);
    return { lineId: line.lineId, amountMinor, quantity, isWhole: parts.length > 0 };
  });
}

function linesOf(wanted: MovedKind, { operations }: LineHistory): readonly MovedLine[] {
  return operations
    .filter(({ kind, state }) => kind === wanted && state !== 'failed')
    .flatMap(({ lines }) => lines ?? []);
}

function moved(before: readonly LineLeft[], parts: readonly MovedLine[]): readonly LineLeft[] {
  return before.map((line) => {
    const taken = parts.filter(({ lineId }) => lineId === line.lineId);
    const quantity = quantityOf(taken);
    return {
      lineId: line.lineId,
      amountMinor: line.amountMinor - sumOf(taken),
      quantity: line.quantity === null || quantity === null ? null : round(line.quantity - quantity),
      isWhole: line.isWhole && taken.length === 0,
    };
  });
}

export function sumOf(lines: readonly Pick<MovedLine, 'amountMinor'>[]): number {
  return lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** Null where a part has no quantity. */
function quantityOf(parts: readonly MovedLine[]): number | null {
  return parts.reduce<number | null>(
    (sum, { quantity }) => (sum === null || quantity === undefined ? null : sum + quantity),
    0,
  );
}

/** Quantities may be decimal. Rounding makes three thirds add up to one. */
function round(quantity: number): number {
  return Math.round(quantity * 1e6) / 1e6;
}

/** What is wrong with one of the requested lines. */
export interface WrongLine {
  readonly index: number;
  readonly field: 'lineId' | 'amount' | 'quantity';
  readonly detail: string;
}

/** Compares lines with what is left of them. Without the order's lines nothing is compared. */
export function wrongLines(
  kind: MovedKind,
  lines: readonly MovedLine[],
  history: LineHistory,
): readonly WrongLine[] {
  if (history.ordered.length === 0) return [];
  const left = linesLeft(kind, history);
  return lines.flatMap((line, index) => wrongLine(line, index, left, history.ordered));
}

const MOST_SHOWN = 10;

function expectedLines(ordered: readonly OrderLine[]): string {
  const shown = ordered.slice(0, MOST_SHOWN).map(({ lineId }) => JSON.stringify(lineId.slice(0, 40)));
  const more = ordered.length > MOST_SHOWN ? ' …' : '';
  return `expected the lineId of one of the order's items: ${shown.join(', ')}${more}`;
}

function wrongLine(
  { lineId, amountMinor, quantity = 0 }: MovedLine,
  index: number,
  left: readonly LineLeft[],
  ordered: readonly OrderLine[],
): WrongLine[] {
  const line = ordered.find((one) => one.lineId === lineId);
  const rest = left.find((one) => one.lineId === lineId);
  if (line === undefined || rest === undefined)
    return [{ index, field: 'lineId', detail: expectedLines(ordered) }];
  if (!isPartOf(amountMinor, rest.amountMinor, line.amountMinor))
    return [
      {
        index,
        field: 'amount',
        detail: `expected at most what is left of this line: ${rest.amountMinor} of ${line.amountMinor}`,
      },
    ];
  const most = rest.quantity ?? line.quantity;
  if (round(quantity) > most)
    return [
      {
        index,
        field: 'quantity',
        detail: `expected at most the quantity left of this line: ${most} of ${line.quantity}`,
      },
    ];
  return [];
}

/** Lines may be negative. Their parts then are negative too. */
function isPartOf(part: number, left: number, whole: number): boolean {
  return part * whole >= 0 && left * whole >= 0 && Math.abs(part) <= Math.abs(left);
}

/**
 * The lines of an amount that equals all that is left of them. Null where it does not, or where the rest is
 * not known.
 */
export function linesOfRest(
  kind: MovedKind,
  amountMinor: number,
  history: LineHistory,
): readonly MovedLine[] | null {
  if (history.ordered.length === 0 || hasUnnamed(kind, history)) return null;
  const left = linesLeft(kind, history).filter((line) => line.amountMinor !== 0 || line.isWhole);
  if (sumOf(left) !== amountMinor) return null;
  return left.map(({ lineId, amountMinor: amount, quantity }) => ({
    lineId,
    amountMinor: amount,
    ...(quantity !== null && quantity > 0 && { quantity }),
  }));
}

/** An earlier operation of the kind named no lines, so it is not known what is left of each line. */
function hasUnnamed(wanted: MovedKind, { operations }: LineHistory): boolean {
  return operations.some(({ kind, state, lines }) => kind === wanted && state !== 'failed' && lines === null);
}
