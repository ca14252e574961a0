/** Everything on one machine, as a process of its own; it ends with what `runDev` answers. */
import { runDev } from './run-dev.ts';

process.exit(await runDev(process.env));
