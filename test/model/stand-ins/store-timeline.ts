import type { Db } from '../../../src/store/open.ts';
import type { Note } from '../../../src/domain/note.ts';
import { tablesOf } from '../world/tables.ts';

export type * from '../../../src/store/timeline.ts';

export function addNote(db: Db, paymentId: string, note: Note, key: string): Promise<void> {
  const tables = tablesOf(db);
  const at = note.at === undefined ? Date.now() : Date.parse(note.at);
  return tables.call('add a note', () => tables.note(paymentId, key, at));
}
