ALTER TABLE "operations" ADD COLUMN "transaction_id" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "surplus" jsonb DEFAULT '[]'::jsonb NOT NULL;