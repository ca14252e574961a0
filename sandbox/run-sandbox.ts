import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { checkBooks } from './books/check-books.ts';
import { type Findings, type Question, questionSchema } from './books/question.ts';
import { holdingsOf as dinteroHoldings } from './dintero/books/dintero-holdings.ts';
import { sandboxApp } from './dintero/http/app.ts';
import { resumeLate } from './dintero/money/move-money.ts';
import { openSandbox, type Sandbox } from './dintero/sandbox.ts';
import { readSettings } from './dintero/settings.ts';
import { resumeResolutions } from './dintero/transactions/announce.ts';
import { parseBody } from './http/request-body.ts';
import { stripeApp } from './stripe/http/stripe-app.ts';
import { holdingsOf as stripeHoldings } from './stripe/money/stripe-holdings.ts';
import { readStripeSettings } from './stripe/settings.ts';
import { connectDue } from './stripe/sim/due.ts';
import { resumeLater } from './stripe/sim/scheduled.ts';
import { openStripeSandbox, type StripeSandbox } from './stripe/stripe-sandbox.ts';

export interface RunningSandbox {
  readonly url: string;
  /** Checks that all money is where it belongs, like `/__sim/invariants`. */
  check(question?: Partial<Question>): Findings;
  close(): Promise<void>;
}

/**
 * Starts the Dintero sandbox and resolves once it answers. `url` has no trailing slash. Throws an `Error` that
 * names the wrong variable or the taken port. `close` ends it; waiting callbacks stay in the journal.
 */
export async function runSandbox(env: NodeJS.ProcessEnv): Promise<RunningSandbox> {
  const settings = readSettings(env);
  const { opened: sandbox, ...served } = await serve(
    { ...settings, variable: 'SANDBOX_PORT' },
    () => openSandbox(settings),
    (opened) => sandboxApp(opened).callback(),
  );
  sandbox.publicUrl = settings.publicUrl ?? served.url;
  resume(sandbox);
  return {
    url: served.url,
    check: (question = {}) =>
      checkBooks(dinteroHoldings(sandbox.ledger), parseBody(questionSchema, question)),
    close: () => served.close(() => pause(sandbox), sandbox.journal),
  };
}

function resume(sandbox: Sandbox): void {
  sandbox.callbacks.courier.resume();
  sandbox.webhooks.courier.resume();
  resumeResolutions(sandbox);
  resumeLate(sandbox);
}

function pause(sandbox: Sandbox): void {
  sandbox.agenda.clear();
  sandbox.callbacks.courier.close();
  sandbox.webhooks.courier.close();
}

/** Starts the Stripe sandbox, like `runSandbox`. */
export async function runStripeSandbox(env: NodeJS.ProcessEnv): Promise<RunningSandbox> {
  const settings = readStripeSettings(env);
  const { opened: sandbox, ...served } = await serve(
    { ...settings, variable: 'STRIPE_SANDBOX_PORT' },
    () => openStripeSandbox(settings),
    (opened) => stripeApp(opened).callback(),
  );
  sandbox.publicUrl = settings.publicUrl ?? served.url;
  connectDue(sandbox);
  sandbox.listeners.attach(served.server);
  resumeLater(sandbox);
  sandbox.sender.courier.resume();
  return {
    url: served.url,
    check: (asked = {}) => {
      const question = parseBody(questionSchema, asked);
      return checkBooks(stripeHoldings(sandbox, question.orders), question);
    },
    close: () => served.close(() => pauseStripe(sandbox), sandbox.journal),
  };
}

function pauseStripe({ agenda, deliveryAgenda, sender, listeners }: StripeSandbox): void {
  agenda.clear();
  deliveryAgenda.clear();
  sender.courier.close();
  listeners.close();
}

interface Place {
  readonly host: string;
  readonly port: number;
  /** The variable that sets the port. */
  readonly variable: string;
}

interface Served<T> {
  readonly opened: T;
  readonly server: Server;
  readonly url: string;
  close(pause: () => void, journal: { close(): void }): Promise<void>;
}

async function serve<T>(
  place: Place,
  open: () => T,
  listener: (opened: T) => (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Served<T>> {
  const server = createServer({ keepAliveTimeout: 30_000 });
  // The port comes first: it keeps a second sandbox from writing to the journal of a running one.
  const port = await listen(server, place);
  try {
    const opened = open();
    const app = listener(opened);
    server.on('request', (request, response) => void app(request, response));
    const host = place.host.includes(':') ? `[${place.host}]` : place.host;
    return {
      opened,
      server,
      url: `http://${host}:${port}`,
      close: async (pause, journal) => {
        pause();
        await closed(server);
        journal.close();
      },
    };
  } catch (error) {
    server.close();
    throw error;
  }
}

function listen(server: Server, { host, port, variable }: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE' ? `the port is taken; set ${variable} to a free one` : error.message;
      reject(new Error(`listening on ${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? port) : port);
    });
  });
}

async function closed(server: Server): Promise<void> {
  const ended = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await ended;
}
