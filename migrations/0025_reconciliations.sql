CREATE TABLE "foreign_sessions" (
	"gateway" text NOT NULL,
	"session_id" text NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "foreign_sessions_gateway_session_id_pk" PRIMARY KEY("gateway","session_id")
);
--> statement-breakpoint
CREATE TABLE "reconciliation_rows" (
	"reconciliation_id" text NOT NULL,
	"key" text NOT NULL,
	"class" text NOT NULL,
	"order_reference" text,
	"payment_id" text,
	"session_id" text,
	"transaction_id" text,
	"here" jsonb,
	"there" jsonb,
	"explanation" text,
	"is_repaired" boolean DEFAULT false NOT NULL,
	"holdings" jsonb,
	CONSTRAINT "reconciliation_rows_reconciliation_id_key_pk" PRIMARY KEY("reconciliation_id","key")
);
--> statement-breakpoint
CREATE TABLE "reconciliations" (
	"id" text PRIMARY KEY NOT NULL,
	"gateway" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"until" timestamp with time zone,
	"coverage" text NOT NULL,
	"asked_by" text,
	"state" text DEFAULT 'running' NOT NULL,
	"failure" text,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"compared" integer DEFAULT 0 NOT NULL,
	"matched" integer DEFAULT 0 NOT NULL,
	"repaired" integer DEFAULT 0 NOT NULL,
	"foreign_rows" integer DEFAULT 0 NOT NULL,
	"drift" jsonb
);
--> statement-breakpoint
CREATE INDEX "foreign_sessions_read" ON "foreign_sessions" USING btree ("read_at");--> statement-breakpoint
CREATE INDEX "reconciliation_rows_passed" ON "reconciliation_rows" USING btree ("reconciliation_id") WHERE class in ('match', 'foreign');--> statement-breakpoint
CREATE INDEX "reconciliation_rows_order" ON "reconciliation_rows" USING btree ("reconciliation_id","order_reference");--> statement-breakpoint
CREATE INDEX "reconciliations_gateway" ON "reconciliations" USING btree ("gateway","id");