import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { freePort } from '../support/ports.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PORTS = ['PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'SANDBOX_PORT', 'SHOP_PORT'];
/** Variables that name a service to use instead of starting one, or that would change what is started. */
const NAMES_A_SERVICE =
  /^(TEMPORAL_(ADDRESS|UI_URL)|DATABASE_URL|DINTERO_.*|ORDER_WEBHOOK_.*|PUBLIC_URL|API_KEYS.*)$/;

export interface Everything {
  readonly urls: Readonly<Record<'api' | 'shop' | 'sandbox' | 'temporalUi', string>>;
  /** SIGTERM, then waits; tells the exit code. */
  stop(): Promise<number | null>;
}

/** `npm start` on free ports with a state of its own. @throws Error with what it printed, when it ends or the limit is over before `ready`. */
export async function startEverything(limitMs: number): Promise<Everything> {
  const dataDir = await mkdtemp(join(tmpdir(), 'paidonce-browser-'));
  const child = spawn(process.execPath, ['bin/start.js'], {
    cwd: ROOT,
    env: await environment(dataDir),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[code: number | null]>;
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const [code] = await exited;
    await rm(dataDir, { recursive: true, force: true });
    return code;
  };
  const printed: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk.toString()));
  try {
    await readyLine(child.stdout, printed, AbortSignal.timeout(limitMs));
    return {
      urls: JSON.parse(await readFile(join(dataDir, 'urls.json'), 'utf8')) as Everything['urls'],
      stop,
    };
  } catch (cause) {
    await stop();
    throw new Error(`npm start printed no "ready" within ${limitMs} ms:\n${printed.join('\n')}`, { cause });
  }
}

async function readyLine(
  stdout: NodeJS.ReadableStream,
  printed: string[],
  limit: AbortSignal,
): Promise<void> {
  const lines = createInterface({ input: stdout });
  const ready = new Promise<void>((resolve, reject) => {
    // Listened to until the end, so that the pipe never fills.
    lines.on('line', (line) => (line === 'ready' ? resolve() : printed.push(line)));
    lines.once('close', () => reject(new Error('it ended')));
    limit.addEventListener('abort', () => reject(new Error('it took too long')));
  });
  await ready;
}

async function environment(dataDir: string): Promise<NodeJS.ProcessEnv> {
  const inherited = Object.entries(process.env).filter(([name]) => !NAMES_A_SERVICE.test(name));
  const own: [string, string][] = [];
  for (const name of PORTS) own.push([name, String(await freePort())]);
  return { ...Object.fromEntries(inherited), ...Object.fromEntries(own), DATA_DIR: dataDir };
}
