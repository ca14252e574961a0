CREATE INDEX CONCURRENTLY "deliveries_reason" ON "deliveries" USING btree (left(split_part(reason, ':', 1), 60),"id") WHERE reason is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "operations_cause" ON "operations" USING btree ("cause","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "orders_status" ON "orders" USING btree ("status") WHERE status <> 'PAID';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_method" ON "payments" USING btree ("payment_method","id") WHERE payment_method is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_reason" ON "payments" USING btree (left(split_part(reason, ':', 1), 60),"id") WHERE reason is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_refunded" ON "payments" USING btree ("id") WHERE refunded > 0;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_disputed" ON "payments" USING btree ("id") WHERE disputes <> '[]'::jsonb;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_reference2" ON "payments" USING btree ((request ->> 'merchantReference2'),"id") WHERE request ->> 'merchantReference2' is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_created" ON "payments" USING btree ("created_at","gateway");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_unopened" ON "payments" USING btree ("created_at") WHERE status = 'PENDING' and session_id is null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_type" ON "outbox" USING btree ("type","created_at","effect_id") WHERE type <> 'order.paid';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_unheard" ON "outbox" USING btree ("payment_id") WHERE state in ('pending', 'gave_up', 'gone');--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_heard" ON "outbox" USING btree ("heard_at","heard_after_ms") WHERE heard_after_ms is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "update_attempts_at" ON "update_attempts" USING btree ("at");