import { runSandbox } from './run-sandbox.ts';

try {
  const sandbox = await runSandbox(process.env);
  console.log(`sandbox ${sandbox.url}`);
  // `disconnect`: the parent process has ended, so nothing else would stop this one.
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect']) {
    process.once(end, () => void sandbox.close().finally(() => process.exit(0)));
  }
} catch (error) {
  console.error(`sandbox: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
