ALTER TABLE "payments" ADD COLUMN "accepted_amount" integer;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "accepted_currency" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "accepted_reference" text;