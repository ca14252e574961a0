/** Complete commands, quoted for a POSIX shell, for a person to paste. */
import { commandLine } from '../lib/command-line.ts';

/** `paidonce <name> <id> --option value …`. An id that looks like an option comes after `--`. */
export function paidonce(name: string, id?: string, options: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
  const words = id === undefined ? given : id.startsWith('-') ? [...given, '--', id] : [id, ...given];
  return commandLine('paidonce', name, ...words);
}

/** How to reach our Temporal server from a shell. The CLI and the service both read TEMPORAL_API_KEY. */
export interface TemporalServer {
  readonly TEMPORAL_ADDRESS: string;
  readonly TEMPORAL_NAMESPACE: string;
  readonly TEMPORAL_TLS_CERT?: string | undefined;
  readonly TEMPORAL_TLS_KEY?: string | undefined;
  readonly TEMPORAL_TLS_CA?: string | undefined;
}

/** `temporal <words> --address … -n …`: without these options the CLI would call another server. */
export function temporal(server: TemporalServer, ...words: readonly string[]): string {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = server;
  const files = [
    ['--tls-cert-path', server.TEMPORAL_TLS_CERT],
    ['--tls-key-path', server.TEMPORAL_TLS_KEY],
    ['--tls-ca-path', server.TEMPORAL_TLS_CA],
  ].flatMap(([option, path]) => (option === undefined || path === undefined ? [] : [option, path]));
  return commandLine('temporal', ...words, '--address', address, '-n', namespace, ...files);
}
