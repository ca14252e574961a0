/** Which lines of an order its captures and refunds are about, and what is left of each. Pure. */
import type { OperationKind, OperationState } from './operation.ts';
import type { OrderLine } from './order.ts';

/** A part of a line, by its `lineId`: minor units, negative where the line is. */
export interface MovedLine {
  readonly lineId: string;
  readonly amountMinor: number;
  readonly quantity?: number;
}

/** As much of a capture or refund as its lines need; `lines` are null where it named none. */
export interface LinedOperation {
  readonly kind: OperationKind;
  readonly state: OperationState;
  readonly lines: readonly MovedLine[] | null;
}

/** What is left of a line. The quantity is null where an earlier part did not name its own. */
export interface LineLeft {
  readonly lineId: string;
  readonly amountMinor: number;
  readonly quantity: number | null;
  /** It was there to be moved, and nothing of it has been. */
  readonly isWhole: boolean;
}

export type MovedKind = 'capture' | 'refund';

/** Everything that what is left of the lines follows from. */
export interface LineHistory {
  readonly ordered: readonly OrderLine[];
  /** Earlier captures and refunds of the payment, failed ones among them. */
  readonly operations: readonly LinedOperation[];
  /** What the gateway has captured in all, by any hand. */
  readonly capturedMinor: number;
}

/**
 * What is left of each line to be captured, or of what was captured of it to be refunded. Whatever has not failed counts. Where money was
 * captured without lines, any line may be what it was for: then no more than the line itself can be said.
 */
export function linesLeft(kind: MovedKind, history: LineHistory): readonly LineLeft[] {
  const { ordered } = history;
  const before: readonly LineLeft[] = kind === 'capture' ? ordered.map(wholeLine) : capturedLines(history);
  return moved(before, linesOf(kind, history));
}

function wholeLine({ lineId, amountMinor, quantity }: OrderLine): LineLeft {
  return { lineId, amountMinor, quantity, isWhole: true };
}

/** Each line as far as it was captured. */
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

/** Null where a part did not say. */
function quantityOf(parts: readonly MovedLine[]): number | null {
  return parts.reduce<number | null>(
    (sum, { quantity }) => (sum === null || quantity === undefined ? null : sum + quantity),
    0,
  );
}

/** Quantities may be decimal: thirds must add up to one. */
function round(quantity: number): number {
  return Math.round(quantity * 1e6) / 1e6;
}

/** What is wrong with one of the lines that somebody asks for. */
export interface WrongLine {
  readonly index: number;
  readonly field: 'lineId' | 'amount' | 'quantity';
  readonly detail: string;
}

/** Compares lines with what is left of them; nothing is wrong where the order's lines are not known. */
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
        detail: `expected a part of the ${rest.amountMinor} that are left of the ${line.amountMinor} of this line`,
      },
    ];
  const most = rest.quantity ?? line.quantity;
  if (round(quantity) > most)
    return [
      {
        index,
        field: 'quantity',
        detail: `expected at most the ${most} that are left of the ${line.quantity} of this line`,
      },
    ];
  return [];
}

/** Lines may be negative, and then so are their parts. */
function isPartOf(part: number, left: number, whole: number): boolean {
  return part * whole >= 0 && left * whole >= 0 && Math.abs(part) <= Math.abs(left);
}

/** The lines of an amount that is exactly all that is left of them; null where it is not, or where that can't be said. */
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

/** An earlier operation of the kind named no lines: what is left of which line is anybody's guess. */
function hasUnnamed(wanted: MovedKind, { operations }: LineHistory): boolean {
  return operations.some(({ kind, state, lines }) => kind === wanted && state !== 'failed' && lines === null);
}
