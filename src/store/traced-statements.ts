/** Makes the statements of a connection spans of the current trace: what is done to which table, and no values. */
import type { PGlite } from '@electric-sql/pglite';
import type { Attributes } from '@opentelemetry/api';
import type pg from 'pg';
import { callInSpan } from '../lib/spans.ts';

/** Statements by themselves, and those of transactions, which have a connection of their own. */
export function tracePool(pool: pg.Pool): void {
  trace(pool);
  pool.on('connect', (client) => trace(client));
}

export function traceEmbedded(client: PGlite): void {
  trace(client);
  const transaction = client.transaction.bind(client);
  client.transaction = (body) =>
    transaction((tx) => {
      trace(tx);
      return body(tx);
    });
}

/** The part that both drivers have. */
interface Queries {
  query(statement: Statement, ...rest: readonly unknown[]): Promise<unknown>;
}

type Statement = string | { readonly text: string };

function trace(on: Queries): void {
  const query = on.query.bind(on);
  on.query = (statement, ...rest) => {
    // The pool calls its connections like this, and has a span already.
    if (rest.some((one) => typeof one === 'function')) return query(statement, ...rest);
    const { name, attributes } = described(typeof statement === 'string' ? statement : statement.text);
    return callInSpan(name, attributes, () => query(statement, ...rest));
  };
}

const OPERATION = /^\s*(\w+)/;
const TABLE = /\b(?:from|into|update)\s+"?([a-z_]+)"?/i;

/** `SELECT payments`. A statement that begins with WITH has the first table that it names. */
function described(text: string): { name: string; attributes: Attributes } {
  const operation = OPERATION.exec(text)?.[1]?.toUpperCase() ?? 'STATEMENT';
  const table = TABLE.exec(text)?.[1];
  return {
    name: table === undefined ? operation : `${operation} ${table}`,
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      ...(table !== undefined && { 'db.collection.name': table }),
    },
  };
}
