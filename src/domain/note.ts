export type NoteKind =
  | 'delivery'
  | 'return'
  | 'poll'
  | 'sweep'
  | 'read'
  | 'decision'
  | 'operation'
  | 'update'
  | 'operator';

/** One line of a payment's timeline. */
export interface Note {
  readonly kind: NoteKind;
  readonly text: string;
  /** RFC 3339; now when absent. */
  readonly at?: string;
  readonly data?: Record<string, unknown>;
}
