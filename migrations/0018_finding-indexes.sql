CREATE INDEX CONCURRENTLY "outbox_untold" ON "outbox" USING btree ("next_attempt_at") WHERE state = 'pending' and attempted_at is null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "payments_must_give_back" ON "payments" USING btree ("updated_at") WHERE must_give_back;--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "payments_to_give_back";
