CREATE INDEX CONCURRENTLY "audit_key" ON "audit" USING btree ("key","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "audit_what" ON "audit" USING btree ("what","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "deliveries_outcome" ON "deliveries" USING btree ("outcome","id") WHERE outcome <> 'accepted';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "operations_kind" ON "operations" USING btree ("kind","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_ended" ON "outbox" USING btree ("state","created_at","effect_id") WHERE state not in ('pending', 'delivered');--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_gave_up" ON "outbox" USING btree ("finished_at","effect_id") WHERE state = 'gave_up';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_status" ON "payments" USING btree ("status","id");