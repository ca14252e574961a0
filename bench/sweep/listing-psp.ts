/**
 * A stand-in PSP: the sandbox, except for one listing of any length, whose rows are made up by their number.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACCOUNT } from '../stand/sandbox.ts';

export interface ListingPsp {
  readonly url: string;
  /** How often each page of the long listing was read, by its number. */
  readonly given: readonly number[];
  /** Rows in place of made-up ones, by their number. */
  readonly planted: Map<number, unknown>;
  close(): void;
}

export interface LongListing {
  readonly rows: number;
  /** This many of each hundred rows are sessions of ours: `ours-<number>`. */
  readonly oursOfHundred: number;
  readonly msAPage: number;
}

const PAGE = 100;
/** The statuses of the long listing; `recent` lists voided ones too. */
const LONG = ['AUTHORIZED', 'FAILED', 'DECLINED', 'UNKNOWN'].join(' ');

export async function startListingPsp(sandboxUrl: string, listing: LongListing): Promise<ListingPsp> {
  const given: number[] = Array.from({ length: Math.floor(listing.rows / PAGE) + 1 }, () => 0);
  const planted = new Map<number, unknown>();
  const server = createServer((incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', sandboxUrl);
    if (incoming.method !== 'GET' || pathname !== '/v1/transactions' || !searchParams.has('limit'))
      return passOn(sandboxUrl, incoming, response);
    const isLong = searchParams.getAll('status').join(' ') === LONG;
    const from = numberOf(searchParams.get('starting_after')) + 1;
    const rows = isLong ? rowsFrom(from, listing, planted) : [];
    if (isLong) given[from / PAGE] = (given[from / PAGE] ?? 0) + 1;
    void answer(response, rows, isLong ? listing.msAPage : 0);
  });
  server.keepAliveTimeout = 60_000;
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    given,
    planted,
    close: () => server.close().closeAllConnections(),
  };
}

async function answer(response: ServerResponse, rows: unknown[], afterMs: number): Promise<void> {
  await sleep(afterMs);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(rows));
}

function rowsFrom(
  from: number,
  { rows, oursOfHundred }: LongListing,
  planted: Map<number, unknown>,
): unknown[] {
  const count = Math.max(0, Math.min(PAGE, rows - from));
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    // The cursor is the id of a page's last row, so only that row must have a number: nothing is planted
    // there.
    return (
      planted.get(number) ??
      madeUp(number, number % PAGE < oursOfHundred ? sessionOf(number) : `${ACCOUNT}.others-${number}`)
    );
  });
}

/** The session of ours that row `number` is about. */
export function sessionOf(number: number): string {
  return `${ACCOUNT}.ours-${number}`;
}

function idOf(number: number): string {
  return `${ACCOUNT}.row-${number}`;
}

function numberOf(id: string | null): number {
  return id === null ? -1 : Number(id.slice(idOf(0).length - 1));
}

/** Authorized, and changed just now, so that its age excludes no row. */
function madeUp(number: number, sessionId: string): unknown {
  const at = new Date().toISOString();
  const event = {
    id: `event-${number}`,
    event: 'AUTHORIZE',
    transaction_status: 'AUTHORIZED',
    success: true,
  };
  return {
    id: idOf(number),
    session_id: sessionId,
    amount: 72_200,
    currency: 'NOK',
    merchant_reference: `reference-${number}`,
    payment_product: 'dintero_psp',
    payment_product_type: 'dintero_psp.creditcard',
    status: 'AUTHORIZED',
    settlement_status: 'NOT_SETTLED',
    created_at: at,
    updated_at: at,
    events: [{ ...event, amount: 72_200, created_at: at }],
  };
}

function passOn(sandboxUrl: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = '/' } = incoming;
  const onward = request(new URL(url, sandboxUrl), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.writeHead(502).end());
  incoming.pipe(onward);
}
