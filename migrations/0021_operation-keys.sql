ALTER TABLE "operations" ADD COLUMN "key_number" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "key_since" timestamp with time zone;