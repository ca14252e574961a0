#!/usr/bin/env node
/**
 * `npm start`: everything on one machine. The script in package.json ends in `exec node`, so that a signal to
 * npm reaches this process.
 */
import { prepare } from './prepare.js';

await prepare();
await import('../dist/dev/start.js');
