/** What the sandbox is told by its environment, with defaults that need nothing configured. */
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

/** Reads the environment; throws an `Error` that names the variable and what it should be. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    host: given(env, 'HOST') ?? '127.0.0.1',
    port: whole(env, 'SANDBOX_PORT', 3001, 65_535),
    dataDir: given(env, 'DATA_DIR'),
    account: account(given(env, 'DINTERO_ACCOUNT_ID') ?? 'T12345678'),
    clientId: given(env, 'DINTERO_CLIENT_ID') ?? 'sandbox-client',
    clientSecret: given(env, 'DINTERO_CLIENT_SECRET') ?? 'sandbox-client-secret-0001',
    signatureSecrets: secrets(given(env, 'DINTERO_SIGNATURE_SECRETS') ?? 'sandbox-signature-secret-0001'),
    publicUrl: given(env, 'SANDBOX_PUBLIC_URL')?.replace(/\/+$/, ''),
    allowHttp: given(env, 'SANDBOX_ALLOW_HTTP') !== 'false',
    tokenSeconds: whole(env, 'SANDBOX_TOKEN_SECONDS', 14_400, 2 ** 31),
  };
}

function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

function whole(env: NodeJS.ProcessEnv, name: string, fallback: number, max: number): number {
  const text = given(env, name);
  if (text === undefined) return fallback;
  if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw new Error(`${name} is "${text}"; expected a whole number from 0 to ${max}`);
}

function account(id: string): string {
  if (/^[PT]\d{8}$/.test(id)) return id;
  throw new Error(`DINTERO_ACCOUNT_ID is "${id}"; expected T or P and eight digits, such as T12345678`);
}

function secrets(list: string): string[] {
  const found = list
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
  if (found.length > 0) return found;
  throw new Error(
    'DINTERO_SIGNATURE_SECRETS holds no secret; give at least one, newest first, or leave it out',
  );
}
