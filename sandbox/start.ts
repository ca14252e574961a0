import { runSandbox } from './run-sandbox.ts';

try {
  const sandbox = await runSandbox(process.env);
  console.log(`sandbox ${sandbox.url}`);
  // `disconnect`: the parent process is gone, so nothing would ever stop this one.
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect']) {
    process.once(end, () => void sandbox.close().finally(() => process.exit(0)));
  }
} catch (error) {
  console.error(`sandbox: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
