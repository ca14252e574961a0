/** Commands that a person can paste: complete, and quoted for a POSIX shell. */
import { commandLine } from '../lib/command-line.ts';

/** `paidonce <name> <id> --option value …`. What looks like an option and is none stands behind `--`. */
export function paidonce(name: string, id?: string, options: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
  const words = id === undefined ? given : id.startsWith('-') ? [...given, '--', id] : [id, ...given];
  return commandLine('paidonce', name, ...words);
}

/** How a person reaches the server that we use; an API key is read from TEMPORAL_API_KEY by both. */
export interface TemporalServer {
  readonly TEMPORAL_ADDRESS: string;
  readonly TEMPORAL_NAMESPACE: string;
  readonly TEMPORAL_TLS_CERT?: string | undefined;
  readonly TEMPORAL_TLS_KEY?: string | undefined;
  readonly TEMPORAL_TLS_CA?: string | undefined;
}

/** `temporal <words> --address … -n …`: without these it would speak to another server. */
export function temporal(server: TemporalServer, ...words: readonly string[]): string {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = server;
  const files = [
    ['--tls-cert-path', server.TEMPORAL_TLS_CERT],
    ['--tls-key-path', server.TEMPORAL_TLS_KEY],
    ['--tls-ca-path', server.TEMPORAL_TLS_CA],
  ].flatMap(([option, path]) => (option === undefined || path === undefined ? [] : [option, path]));
  return commandLine('temporal', ...words, '--address', address, '-n', namespace, ...files);
}
