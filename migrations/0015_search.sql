CREATE INDEX CONCURRENTLY "operations_named" ON "operations" USING btree ("reference","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_transaction" ON "payments" USING btree ("transaction_id") WHERE transaction_id is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_amount" ON "payments" USING btree ("amount","currency","id");