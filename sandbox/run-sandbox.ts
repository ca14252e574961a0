import { createServer, type Server } from 'node:http';
import { sandboxApp } from './dintero/http/app.ts';
import { resumeResolutions } from './dintero/transactions/announce.ts';
import { checkInvariants } from './dintero/books/check-books.ts';
import { type Findings, type Question, questionSchema } from './dintero/books/question.ts';
import { resumeLate } from './dintero/money/move-money.ts';
import { parseBody } from './http/request-body.ts';
import { openSandbox, type Sandbox } from './dintero/sandbox.ts';
import { readSettings, type Settings } from './dintero/settings.ts';

export interface RunningSandbox {
  readonly url: string;
  /** Checks that all money is where it belongs, like `/__sim/invariants`. */
  check(question?: Partial<Question>): Findings;
  close(): Promise<void>;
}

/**
 * Starts the sandbox and resolves once it answers. `url` has no trailing slash. Throws an `Error` that names
 * the wrong variable or the taken port. `close` ends it; waiting callbacks stay in the journal.
 */
export async function runSandbox(env: NodeJS.ProcessEnv): Promise<RunningSandbox> {
  const settings = readSettings(env);
  const server = createServer({ keepAliveTimeout: 30_000 });
  // The port comes first: it keeps a second sandbox from writing to the journal of a running one.
  const port = await listen(server, settings.port, settings.host);
  const sandbox = opened(settings, server);
  const url = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`;
  sandbox.publicUrl = settings.publicUrl ?? url;
  sandbox.callbacks.resume();
  sandbox.webhooks.resume();
  resumeResolutions(sandbox);
  resumeLate(sandbox);
  return {
    url,
    check: (question = {}) => checkInvariants(sandbox.ledger, parseBody(questionSchema, question)),
    close: () => close(sandbox, server),
  };
}

function opened(settings: Settings, server: Server): Sandbox {
  try {
    const sandbox = openSandbox(settings);
    const app = sandboxApp(sandbox).callback();
    server.on('request', (request, response) => void app(request, response));
    return sandbox;
  } catch (error) {
    server.close();
    throw error;
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE' ? 'the port is taken; set SANDBOX_PORT to a free one' : error.message;
      reject(new Error(`listening on ${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? port) : port);
    });
  });
}

async function close(sandbox: Sandbox, server: Server): Promise<void> {
  sandbox.agenda.clear();
  sandbox.callbacks.close();
  sandbox.webhooks.close();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
  sandbox.journal.close();
}
