#!/usr/bin/env node
/** `npm start`: everything on one machine. The script in package.json ends in `exec node`, so a signal to npm reaches this process. */
import { prepare } from './prepare.js';

await prepare();
const { runDev } = await import('../dist/dev/main.js');
process.exit(await runDev(process.env));
