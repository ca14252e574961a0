import { readFileSync } from 'node:fs';

/** The settings from the environment. Every variable has a default. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string | undefined;
  readonly account: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Newest first; the first one signs. */
  readonly signatureSecrets: readonly string[];
  readonly publicUrl: string | undefined;
  readonly allowHttp: boolean;
  readonly tokenSeconds: number;
}

/** Reads the environment. Throws one `Error` that names every wrong variable and what was expected. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const wrong: string[] = [];
  const settings = {
    host: given(env, 'HOST') ?? '127.0.0.1',
    port: whole(env, { name: 'SANDBOX_PORT', fallback: 3001, max: 65_535 }, wrong),
    dataDir: given(env, 'DATA_DIR'),
    account: account(given(env, 'DINTERO_ACCOUNT_ID') ?? 'T12345678', wrong),
    clientId: given(env, 'DINTERO_CLIENT_ID') ?? 'sandbox-client',
    clientSecret: secret(env, 'DINTERO_CLIENT_SECRET', wrong) ?? 'sandbox-client-secret-0001',
    signatureSecrets: secrets(
      secret(env, 'DINTERO_SIGNATURE_SECRETS', wrong) ?? 'sandbox-signature-secret-0001',
      wrong,
    ),
    publicUrl: given(env, 'SANDBOX_PUBLIC_URL')?.replace(/\/+$/, ''),
    allowHttp: given(env, 'SANDBOX_ALLOW_HTTP') !== 'false',
    tokenSeconds: whole(env, { name: 'SANDBOX_TOKEN_SECONDS', fallback: 14_400, max: 2 ** 31 }, wrong),
  };
  if (wrong.length === 0) return settings;
  throw new Error(`the environment is wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}`);
}

function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/**
 * Reads a secret by NAME or by NAME_FILE, like the service. NAME wins if both are given, since `npm start`
 * passes on what it has read from the file.
 */
function secret(env: NodeJS.ProcessEnv, name: string, wrong: string[]): string | undefined {
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

function whole(
  env: NodeJS.ProcessEnv,
  { name, fallback, max }: { name: string; fallback: number; max: number },
  wrong: string[],
): number {
  const text = given(env, name) ?? String(fallback);
  if (!/^\d{1,10}$/.test(text) || Number(text) > max)
    wrong.push(`${name}: expected a whole number from 0 to ${max}, found "${text}"`);
  return Number(text);
}

function account(id: string, wrong: string[]): string {
  if (!/^[PT]\d{8}$/.test(id))
    wrong.push(`DINTERO_ACCOUNT_ID: expected T or P and eight digits, such as T12345678, found "${id}"`);
  return id;
}

function secrets(list: string, wrong: string[]): string[] {
  const found = list
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
  if (found.length === 0)
    wrong.push(
      'DINTERO_SIGNATURE_SECRETS: has no secret; give at least one, newest first, or leave the variable out',
    );
  return found;
}
