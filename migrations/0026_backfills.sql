CREATE TABLE "backfills" (
	"id" text PRIMARY KEY NOT NULL,
	"gateway" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"until" timestamp with time zone NOT NULL,
	"limits" jsonb NOT NULL,
	"asked_by" text,
	"state" text DEFAULT 'running' NOT NULL,
	"failure" text,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"events_read" integer DEFAULT 0 NOT NULL,
	"events_written" integer DEFAULT 0 NOT NULL,
	"events_known" integer DEFAULT 0 NOT NULL,
	"events_foreign" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "backfilled_event_id" text;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "backfill_id" text;--> statement-breakpoint
CREATE INDEX "backfills_gateway" ON "backfills" USING btree ("gateway","id");