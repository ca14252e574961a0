/** The differences between a request and the open session that call for another session: contract §3. */
import type { Money } from './money.ts';
import type { OrderLine } from './order.ts';

export interface AskedFor {
  readonly gateway: string;
  readonly money: Money;
  readonly capture: string;
  readonly lines: readonly OrderLine[];
  readonly profileId?: string;
  readonly merchantReference2?: string;
  /** What only the gateway understands, as one text that is the same for the same options. */
  readonly options?: string;
}

export interface Difference {
  /** A JSON Pointer into the body that asks for a session. */
  readonly pointer: string;
  readonly detail: string;
}

/** The most differences that an answer names: an order may have hundreds of lines. */
const NAMED = 20;

/**
 * How a request differs from the request that the open session was made for. Empty where the same session
 * serves both.
 */
export function differences(open: AskedFor, wanted: AskedFor): Difference[] {
  return [
    ...moneyDifferences(open, wanted),
    ...different('/capture', open.capture, wanted.capture),
    ...different('/profileId', open.profileId, wanted.profileId),
    ...different('/merchantReference2', open.merchantReference2, wanted.merchantReference2),
    ...different(`/options/${wanted.gateway}`, open.options, wanted.options),
    ...lineDifferences(open.lines, wanted.lines),
  ].slice(0, NAMED);
}

/** The differences that matter while a payment is on hold and its session can't be replaced. */
export function moneyDifferences(open: AskedFor, wanted: AskedFor): Difference[] {
  return [
    ...different('/gateway', open.gateway, wanted.gateway),
    ...different('/order/amount', open.money.amountMinor, wanted.money.amountMinor),
    ...different('/order/currency', open.money.currency, wanted.money.currency),
  ];
}

/** The names of the fields in the request's body. */
const LINE_FIELDS = {
  id: 'id',
  lineId: 'lineId',
  description: 'description',
  quantity: 'quantity',
  amountMinor: 'amount',
  vat: 'vat',
  vatAmountMinor: 'vatAmount',
  type: 'type',
} as const satisfies Record<keyof OrderLine, string>;

/** A shop may send the same lines in a different order, for example as its database returns them. */
function lineDifferences(open: readonly OrderLine[], wanted: readonly OrderLine[]): Difference[] {
  if (open.length !== wanted.length)
    return [
      { pointer: '/order/items', detail: `${open.length} lines in the open session, ${wanted.length} here` },
    ];
  const byId = new Map(open.map((line) => [line.lineId, line]));
  return wanted.flatMap((other, index) => {
    const line = byId.get(other.lineId);
    if (line === undefined)
      return [
        {
          pointer: `/order/items/${index}/lineId`,
          detail: `no such line in the open session, ${shown(other.lineId)} here`,
        },
      ];
    return Object.entries(LINE_FIELDS).flatMap(([field, name]) =>
      different(
        `/order/items/${index}/${name}`,
        line[field as keyof OrderLine],
        other[field as keyof OrderLine],
      ),
    );
  });
}

function different(pointer: string, open: string | number | undefined, wanted: typeof open): Difference[] {
  if (open === wanted) return [];
  return [{ pointer, detail: `${shown(open)} in the open session, ${shown(wanted)} here` }];
}

const LONGEST_SHOWN = 80;

function shown(value: string | number | undefined): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'number' ? String(value) : JSON.stringify(value.slice(0, LONGEST_SHOWN));
}
