ALTER TABLE "payments" ADD COLUMN "review_mark" text;--> statement-breakpoint
CREATE INDEX "payments_marked" ON "payments" USING btree ("review_since") WHERE review_mark is not null;