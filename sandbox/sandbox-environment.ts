/** Reads settings from environment variables. */
import { readFileSync } from 'node:fs';

/** The value of a variable; undefined if it is empty or absent. */
export function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/**
 * Reads a secret by NAME or by NAME_FILE, like the service. NAME wins if both are given, since `npm start`
 * passes on what it has read from the file.
 */
export function secret(env: NodeJS.ProcessEnv, name: string, wrong: string[]): string | undefined {
  const path = env[`${name}_FILE`];
  const byName = given(env, name);
  if (byName !== undefined || path === undefined) return byName;
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    // Never falls back to the published default: the file was given to replace it.
    if (text.trim() === '')
      wrong.push(`${name}_FILE: a file with a secret was expected, but the file is empty`);
    return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    wrong.push(`${name}_FILE: a readable file was expected (${code})`);
  }
}

/** A whole number, or a line in `wrong`. */
export function whole(
  env: NodeJS.ProcessEnv,
  { name, fallback, max }: { name: string; fallback: number; max: number },
  wrong: string[],
): number {
  const text = given(env, name) ?? String(fallback);
  if (!/^\d{1,10}$/.test(text) || Number(text) > max)
    wrong.push(`${name}: expected a whole number from 0 to ${max}, found "${text}"`);
  return Number(text);
}

/** A list of secrets, newest first, or a line in `wrong`. */
export function secrets({ name, list }: { name: string; list: string }, wrong: string[]): string[] {
  const found = list
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
  if (found.length === 0)
    wrong.push(`${name}: has no secret; give at least one, newest first, or leave the variable out`);
  return found;
}

/** The settings, or one `Error` that names every wrong variable. */
export function settingsOr<T>(settings: T, wrong: readonly string[]): T {
  if (wrong.length === 0) return settings;
  throw new Error(`the environment is wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}`);
}
