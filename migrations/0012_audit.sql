CREATE TABLE "audit" (
	"id" text PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"key" text NOT NULL,
	"actor" text,
	"address" text NOT NULL,
	"request_id" text NOT NULL,
	"what" text NOT NULL,
	"payment_id" text,
	"asked" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" integer,
	"code" text
);
--> statement-breakpoint
ALTER TABLE "operations" ADD COLUMN "key" text;--> statement-breakpoint
CREATE INDEX "audit_payment" ON "audit" USING btree ("payment_id","id");