#!/usr/bin/env node
import { prepare } from './prepare.js';

await prepare();
await import('../dist/cli/main.js');
