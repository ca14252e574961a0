#!/usr/bin/env node
/**
 * Runs a command that must not outlive its parent, where the kernel can't ensure that (no `setpriv`): kills
 * the command when standard input closes. usage: guard.js <command> [argument …]
 */
import { spawn } from 'node:child_process';

const [command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

process.stdin.on('end', () => child.kill('SIGKILL')).on('error', () => child.kill('SIGKILL'));
process.stdin.resume();
/** @type {NodeJS.Signals[]} */
const ENDINGS = ['SIGTERM', 'SIGINT', 'SIGHUP'];
for (const signal of ENDINGS) process.on(signal, () => child.kill('SIGTERM'));
child.once('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(127);
});
child.once('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  for (const name of ENDINGS) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
