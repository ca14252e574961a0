CREATE TABLE "approvals" (
	"id" text PRIMARY KEY NOT NULL,
	"payment_id" text NOT NULL,
	"what" text NOT NULL,
	"reference" text NOT NULL,
	"body_hash" text NOT NULL,
	"asked" jsonb NOT NULL,
	"amount" integer NOT NULL,
	"currency" text NOT NULL,
	"key" text NOT NULL,
	"actor" text NOT NULL,
	"reason" text,
	"asked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"state" text DEFAULT 'awaiting' NOT NULL,
	"decided_key" text,
	"decided_actor" text,
	"decided_reason" text,
	"decided_at" timestamp with time zone,
	"note_key" text,
	"carried_at" timestamp with time zone,
	"done_at" timestamp with time zone,
	"code" text,
	"detail" text
);
--> statement-breakpoint
CREATE TABLE "attention_marks" (
	"item" text PRIMARY KEY NOT NULL,
	"owner" text,
	"snoozed_until" timestamp with time zone,
	"note" text,
	"actor" text NOT NULL,
	"key" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "findings" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"payment_id" text NOT NULL,
	"gateway" text NOT NULL,
	"currency" text NOT NULL,
	"outcome" text,
	"found_by" text,
	"payment_method" text,
	"reason" text,
	"is_first_capture" boolean DEFAULT false NOT NULL,
	"authorized" bigint DEFAULT 0 NOT NULL,
	"captured" bigint DEFAULT 0 NOT NULL,
	"refunded" bigint DEFAULT 0 NOT NULL,
	"voided" bigint DEFAULT 0 NOT NULL,
	"given_back" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "service_runs" (
	"version" text NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	"until" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "service_runs_version_since_pk" PRIMARY KEY("version","since")
);
--> statement-breakpoint
CREATE TABLE "stats_counts" (
	"hour" timestamp with time zone NOT NULL,
	"gateway" text NOT NULL,
	"kind" text NOT NULL,
	"detail" text NOT NULL,
	"currency" text NOT NULL,
	"count" bigint NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "stats_counts_hour_gateway_kind_detail_currency_pk" PRIMARY KEY("hour","gateway","kind","detail","currency")
);
--> statement-breakpoint
CREATE TABLE "stats_hours" (
	"hour" timestamp with time zone PRIMARY KEY NOT NULL,
	"counted_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "clues" jsonb;
--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "found_by" text;
--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "heard_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "heard_after_ms" bigint;
--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_reference" ON "approvals" USING btree ("payment_id","what","reference");
--> statement-breakpoint
CREATE INDEX "approvals_state" ON "approvals" USING btree ("state","id");
--> statement-breakpoint
CREATE INDEX "approvals_undone" ON "approvals" USING btree ("carried_at") WHERE state = 'approved' and done_at is null;
--> statement-breakpoint
CREATE INDEX "findings_at" ON "findings" USING btree ("at");
--> statement-breakpoint
CREATE INDEX "service_runs_until" ON "service_runs" USING btree ("until");