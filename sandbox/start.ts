import { runSandbox, runStripeSandbox } from './run-sandbox.ts';
import { wantedSandboxes } from './wanted-sandboxes.ts';

const RUNS = { dintero: runSandbox, stripe: runStripeSandbox };
const NAMES = { dintero: 'sandbox', stripe: 'stripe sandbox' };

const running: { close(): Promise<void> }[] = [];
try {
  for (const name of wantedSandboxes(process.env)) {
    const sandbox = await RUNS[name](process.env);
    running.push(sandbox);
    console.log(`${NAMES[name]} ${sandbox.url}`);
  }
  // `disconnect`: the parent process has ended, so nothing else would stop this one.
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect'])
    process.once(end, () => void closeAll().finally(() => process.exit(0)));
} catch (error) {
  console.error(`sandbox: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
  await closeAll();
}

async function closeAll(): Promise<void> {
  await Promise.all(running.map((sandbox) => sandbox.close()));
}
