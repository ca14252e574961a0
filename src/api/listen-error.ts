/** The port is taken, or may not be used. In a file of its own, so that a process without the API need not load it. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
