#!/usr/bin/env node
/** Runs a command and kills it when our own standard input closes: whoever holds the other end is gone then. */
import { spawn } from 'node:child_process';

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('exit', (code) => process.exit(code ?? 1));
child.once('error', () => process.exit(127));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
process.stdin.once('close', () => child.kill('SIGKILL'));
process.stdin.resume();
