import { given, secret, secrets, settingsOr, whole } from '../sandbox-environment.ts';

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
      {
        name: 'DINTERO_SIGNATURE_SECRETS',
        list: secret(env, 'DINTERO_SIGNATURE_SECRETS', wrong) ?? 'sandbox-signature-secret-0001',
      },
      wrong,
    ),
    publicUrl: given(env, 'SANDBOX_PUBLIC_URL')?.replace(/\/+$/, ''),
    allowHttp: given(env, 'SANDBOX_ALLOW_HTTP') !== 'false',
    tokenSeconds: whole(env, { name: 'SANDBOX_TOKEN_SECONDS', fallback: 14_400, max: 2 ** 31 }, wrong),
  };
  return settingsOr(settings, wrong);
}

function account(id: string, wrong: string[]): string {
  if (!/^[PT]\d{8}$/.test(id))
    wrong.push(`DINTERO_ACCOUNT_ID: expected T or P and eight digits, such as T12345678, found "${id}"`);
  return id;
}
