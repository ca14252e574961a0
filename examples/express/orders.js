/** The shop's orders in SQLite. The rows are what makes an update count once. */
import Database from 'libsql';

const db = new Database(process.env.DATABASE ?? 'orders.db', { timeout: 10_000 });
db.exec(`
  create table if not exists updates (webhook_id text primary key);
  create table if not exists orders (reference text primary key, sequence integer not null, status text not null);
  create table if not exists parcels (reference text primary key);
`);

const remember = db.prepare('insert into updates values (?) on conflict do nothing');
const follow = db.prepare(`
  insert into orders values (?, ?, ?)
  on conflict (reference) do update set sequence = excluded.sequence, status = excluded.status
  where excluded.sequence > orders.sequence`);
const send = db.prepare('insert into parcels values (?) on conflict do nothing');
const find = db.prepare(`
  select status, (select count(*) from parcels where parcels.reference = orders.reference) as parcels
  from orders where reference = ?`);

/** All of it or nothing: an update that is remembered has had its effect. */
export const takeUpdate = db.transaction((webhookId, { type, data }) => {
  if (remember.run(webhookId).changes === 0) return; // it came before
  follow.run(data.orderReference, data.sequence, data.orderStatus); // unless a later one came before
  if (type === 'order.paid') send.run(data.orderReference); // once, whatever comes
});

/** The status and the number of parcels; null for an order that no update was about. */
export function findOrder(reference) {
  const found = find.get(reference);
  return found ? { status: found.status, parcels: found.parcels } : null;
}
