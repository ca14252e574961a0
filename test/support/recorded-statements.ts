/**
 * The statements that the product sends to its store, and the functions that send them. They are recorded
 * only while `test/store/record-statements.ts` runs the tests.
 */
import { appendFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Db } from '../../src/store/open.ts';

/**
 * Names the folder into which the test processes write their records, a file each; unset, nothing is
 * recorded.
 */
export const RECORD_INTO = 'PAIDONCE_RECORD_STATEMENTS';

/** One line of such a file. */
export type Seen = { readonly statement: string } | { readonly sender: string };

/** The same database; while recording, one that records what the code of `src/` sends through it. */
export function recorded(db: Db): Db {
  const folder = process.env[RECORD_INTO];
  return folder === undefined ? db : watched(db, noteIn(folder));
}

type Note = (seen: Seen) => void;

function noteIn(folder: string): Note {
  const known = new Set<string>();
  return (seen) => {
    const line = `${JSON.stringify(seen)}\n`;
    if (known.has(line)) return;
    known.add(line);
    appendFileSync(join(folder, `${process.pid}.jsonl`), line);
  };
}

function watched(db: Db, note: Note): Db {
  return new Proxy(db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const senders = productFrames();
        for (const sender of senders ?? []) note({ sender });
        if (name === 'transaction') return watchedTransaction(target, note, args);
        // A test's own statement does not belong to the product.
        return Reflect.apply(value, senders === null ? target : noting(target, note), args);
      };
    },
  });
}

function watchedTransaction(db: Db, note: Note, args: unknown[]): unknown {
  const [body, config] = args as Parameters<Db['transaction']>;
  return db.transaction((tx) => body(watched(tx, note) as typeof tx), config);
}

interface WithSession {
  readonly session: { prepareQuery(query: { readonly sql: string }, ...rest: unknown[]): unknown };
}

/** Every builder takes the session of its database, and asks it to prepare the finished statement. */
function noting(db: Db, note: Note): object {
  const { session } = db as unknown as WithSession;
  const prepareQuery: WithSession['session']['prepareQuery'] = (query, ...rest) => {
    note({ statement: query.sql });
    return session.prepareQuery(query, ...rest);
  };
  return Object.create(db, {
    session: { value: Object.create(session, { prepareQuery: { value: prepareQuery } }) as object },
  }) as object;
}

const SOURCES = join(import.meta.dirname, '..', '..', 'src');
const STORE = 'store/';
/** These only pass statements on, also those of tests. */
const MEANS = ['store/open.ts', 'store/database.ts', 'store/one-statement.ts'];
const DEEPEST = 50;

/** The calling functions of the store, as `untold-updates.ts findUntold`; null where a test called directly. */
function productFrames(): string[] | null {
  const frames = callSites().flatMap((site) => {
    const file = site.getFileName()?.replace(/^file:\/\//, '') ?? '';
    return file.startsWith(SOURCES) ? [{ file: relative(SOURCES, file), name: site.getFunctionName() }] : [];
  });
  if (frames.every(({ file }) => MEANS.includes(file))) return null;
  const own = frames.filter(({ file }) => file.startsWith(STORE));
  return own.flatMap(({ file, name }) => (name === null ? [] : [`${file.slice(STORE.length)} ${name}`]));
}

/** The stack as the engine has it: Jest's version mixes up callers and callees. */
function callSites(): NodeJS.CallSite[] {
  const { stackTraceLimit } = Error;
  const prepareStackTrace: unknown = Reflect.get(Error, 'prepareStackTrace');
  Error.stackTraceLimit = DEEPEST;
  Error.prepareStackTrace = (_, sites) => sites;
  const sites = new Error('where').stack as unknown as NodeJS.CallSite[];
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  return sites;
}
