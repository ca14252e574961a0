/** How a shell reads a command that we print. */
import { execFileSync } from 'node:child_process';

/**
 * Each prints the words with which it was called; every other program that the shell would start is refused.
 */
const SHELL = `
  said() { printf '%s\\0' "$@"; }
  paidonce() { said paidonce "$@"; }
  temporal() { said temporal "$@"; }
  PATH=/nonexistent
  eval "$1"`;

/**
 * The words into which bash splits a line, the command's own name first. @throws where it is not one command
 * of ours
 */
export function wordsOf(line: string): string[] {
  const said = execFileSync('/bin/bash', ['-euc', SHELL, 'bash', line], { encoding: 'utf8', stdio: 'pipe' });
  return said.split('\0').slice(0, -1);
}

const COMMAND = /^\s*((?:paidonce|temporal) .*)$/;

/** The commands of a text: each is on a line of its own. */
export function commandsIn(text: string): string[] {
  return text.split('\n').flatMap((line) => COMMAND.exec(line)?.[1] ?? []);
}

/** Commands inside a line of text, which can't be pasted. */
export function commandsAmongWords(text: string): string[] {
  const words = text.split('\n').filter((line) => !COMMAND.test(line));
  return words.filter((line) => /\b(?:paidonce|temporal) [a-z-]+|<\w+>|\b(?:YOU|WHY)\b/.test(line));
}
