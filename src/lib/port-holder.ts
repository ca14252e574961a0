/** Finds the process that listens on a port, so that a message can say what to stop. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * The process that listens on a TCP port of this machine, as `pid 4242 (node
 * /srv/paidonce/dist/src/cli/main.js)`: its program and script without arguments, which may contain secrets.
 * Null if the process belongs to another user or network namespace, or if there is no /proc.
 */
export function portHolder(port: number): string | null {
  const sockets = socketsOn(port);
  if (sockets.size === 0) return null;
  const pid = entriesOf('/proc').find((name) => /^\d+$/.test(name) && hasSocket(name, sockets));
  if (pid === undefined) return null;
  const words = commandOf(pid);
  return words === '' ? `pid ${pid}` : `pid ${pid} (${words})`;
}

/** The error text for a port that is taken, with what to do, for every port variable. */
export function takenPort(at: {
  readonly variable: string;
  readonly port: number;
  readonly host: string;
}): string {
  const { variable, port, host } = at;
  const holder = portHolder(port) ?? 'another process';
  return `${variable}: port ${port} on ${host} is taken by ${holder}; stop it, or set ${variable} to a free port`;
}

const LISTENS = '0A';

/** The sockets, named like the targets of file descriptor links. */
function socketsOn(port: number): ReadonlySet<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => textOf(file).split('\n'));
  const listening = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENS && local?.endsWith(wanted) === true);
  return new Set(listening.map((fields) => `socket:[${fields[9]}]`));
}

function hasSocket(pid: string, sockets: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  return entriesOf(folder).some((name) => sockets.has(linkOf(`${folder}/${name}`)));
}

const INTERPRETER = /^(node|nodejs|bun|deno|python[\d.]*|ruby|perl|php|java|sh|bash|dash|tsx)$/;
const SCRIPT = /\.([cm]?[jt]sx?|py|rb|pl|php|jar|sh)$/;
const LONGEST = 200;

/** The program, with the script of an interpreter. Code that is passed as an argument is not a script. */
function commandOf(pid: string): string {
  const [program = '', ...args] = textOf(`/proc/${pid}/cmdline`).split('\0');
  const name = basename(program.split(' ', 1)[0] ?? '');
  const first = args.find((each) => !each.startsWith('-'));
  const isScript = INTERPRETER.test(name) && first !== undefined && SCRIPT.test(first) && !/\s/.test(first);
  return printable(isScript ? `${name} ${first}` : name).slice(0, LONGEST);
}

/** A program may choose any name: control characters and direction marks are replaced. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

function textOf(file: string): string {
  return tried(() => readFileSync(file, 'utf8'), '');
}

function entriesOf(folder: string): string[] {
  return tried(() => readdirSync(folder), []);
}

function linkOf(path: string): string {
  return tried(() => readlinkSync(path), '');
}

/** Processes may end while we read, and those of other users can't be read. */
function tried<Found>(read: () => Found, otherwise: Found): Found {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
