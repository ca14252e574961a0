CREATE TABLE "operations" (
	"id" text PRIMARY KEY NOT NULL,
	"payment_id" text NOT NULL,
	"kind" text NOT NULL,
	"reference" text NOT NULL,
	"body_hash" text NOT NULL,
	"wanted" integer,
	"amount" integer,
	"lines" jsonb,
	"final_capture" boolean DEFAULT false NOT NULL,
	"reason" text,
	"cause" text NOT NULL,
	"state" text NOT NULL,
	"code" text,
	"detail" text,
	"sent_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "secret" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "authorization_expires_at" timestamp with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "operations_reference" ON "operations" USING btree ("payment_id","kind","reference");--> statement-breakpoint
CREATE INDEX "operations_unfinished" ON "operations" USING btree ("updated_at") WHERE state in ('pending', 'unknown');--> statement-breakpoint
CREATE INDEX "payments_lapsing" ON "payments" USING btree ("authorization_expires_at") WHERE authorization_expires_at is not null;