"""A receiver of paidonce's order updates: Flask, SQLite, Standard Webhooks."""
import os
import sqlite3

from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["ORDER_WEBHOOK_SECRET"])
app = Flask(__name__)


def connect():
    return sqlite3.connect(os.environ.get("DATABASE", "orders.db"), timeout=10)


with connect() as db:
    db.executescript("""
        create table if not exists updates (webhook_id text primary key);
        create table if not exists orders (reference text primary key, sequence integer not null, status text not null);
        create table if not exists parcels (reference text primary key);
    """)


def take_update(webhook_id, update):
    """All of it or nothing: an update that is remembered has had its effect."""
    data = update["data"]
    with connect() as db:
        if db.execute("insert into updates values (?) on conflict do nothing", [webhook_id]).rowcount == 0:
            return  # it came before
        db.execute(
            """insert into orders values (?, ?, ?)
               on conflict (reference) do update set sequence = excluded.sequence, status = excluded.status
               where excluded.sequence > orders.sequence""",
            [data["orderReference"], data["sequence"], data["orderStatus"]],
        )
        if update["type"] == "order.paid":  # once, whatever comes
            db.execute("insert into parcels values (?) on conflict do nothing", [data["orderReference"]])


@app.post("/updates")
def updates():
    try:
        # get_data and not json: the signature covers the bytes.
        update = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 401
    take_update(request.headers["webhook-id"], update)
    return "", 204  # only now: 2xx ends the retries


@app.get("/orders/<reference>")
def order(reference):
    with connect() as db:
        found = db.execute("select status from orders where reference = ?", [reference]).fetchone()
        parcels = db.execute("select count(*) from parcels where reference = ?", [reference]).fetchone()
    if found is None:
        return {"status": "UNKNOWN"}, 404
    return {"status": found[0], "parcels": parcels[0]}


if __name__ == "__main__":
    # Behind a WSGI server such as gunicorn in production.
    app.run("127.0.0.1", int(os.environ.get("PORT", "4000")))
