/** Reads variables, and reports everything that is wrong with them in one error. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { shownUrl } from '../lib/url-credentials.ts';

/**
 * The environment is wrong. The message names every wrong variable, what was expected and, except for
 * secrets, what was found.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The raw texts of variables; secrets given by NAME_FILE are already read. */
export type Texts = Readonly<Record<string, string>>;

interface Reading {
  readonly env: NodeJS.ProcessEnv;
  /** They may also be given by NAME_FILE, and are never shown. */
  readonly secrets: readonly string[];
  /**
   * Finds variables that are wrong only in combination, from the raw texts, so that no other error hides
   * them.
   */
  readonly together?: (texts: Texts) => readonly string[];
}

/**
 * The core's variables, and named slices of the environment. Each group parses the same texts. @throws
 * ConfigError
 */
export function readVariables<Core, Slice>(
  groups: { readonly core: z.ZodType<Core>; readonly slices?: Readonly<Record<string, z.ZodType<Slice>>> },
  { env, secrets, together = () => [] }: Reading,
): { core: Core; slices: Readonly<Record<string, Slice>> } {
  const problems: string[] = [];
  const texts = withSecretFiles(env, secrets, problems);
  const { core, slices = {} } = groups;
  const ofSlices = Object.fromEntries(Object.keys(slices).map((name) => [name, texts]));
  const parsed = z.object({ core, slices: z.object(slices) }).safeParse({ core: texts, slices: ofSlices });
  const wrong = parsed.error?.issues.map((issue) => describe(issue, env, secrets)) ?? [];
  const lines = [...problems, ...firstOfEach(wrong), ...together(texts)];
  if (parsed.success && lines.length === 0) return parsed.data;
  throw new ConfigError(`the environment is wrong:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** Whether a variable is given, by NAME or by NAME_FILE, even if it is blank. */
export function isGiven(env: NodeJS.ProcessEnv, name: string): boolean {
  return env[name] !== undefined || env[`${name}_FILE`] !== undefined;
}

/** The environment, with `defaults` for variables that it gives neither by NAME nor by NAME_FILE. */
export function withDefaults(env: NodeJS.ProcessEnv, defaults: Texts): NodeJS.ProcessEnv {
  const missing = Object.entries(defaults).filter(([name]) => env[`${name}_FILE`] === undefined);
  return { ...Object.fromEntries(missing), ...env };
}

/** Keeps one problem per variable: a second one is mostly about the same mistake. */
function firstOfEach(lines: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const line of lines) {
    const name = line.split(':', 1)[0] ?? line;
    if (!byName.has(name)) byName.set(name, line);
  }
  return [...byName.values()];
}

/** A variable that is set but empty is not absent: it is wrong. */
function withSecretFiles(
  env: NodeJS.ProcessEnv,
  secrets: readonly string[],
  problems: string[],
): Record<string, string> {
  const found = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  for (const name of secrets) {
    const path = env[`${name}_FILE`];
    if (path === undefined) continue;
    if (env[name] !== undefined)
      problems.push(`${name}: set both by ${name} and by ${name}_FILE; remove one of them`);
    try {
      found[name] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      problems.push(`${name}_FILE: a readable file was expected (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  return found;
}

/** The path of an issue is `core` or `slices` and the name of the slice, followed by the variable. */
function describe(
  { path, message }: z.core.$ZodIssue,
  env: NodeJS.ProcessEnv,
  secrets: readonly string[],
): string {
  const name = String(path[path[0] === 'core' ? 1 : 2]);
  const given = env[name] ?? env[`${name}_FILE`];
  if (given === undefined) return `${name}: missing`;
  const shown = (given.includes('://') ? shownUrl(given) : given).slice(0, 80);
  return `${name}: expected ${message}${secrets.includes(name) ? '' : `, found ${JSON.stringify(shown)}`}`;
}
