CREATE TABLE "deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"gateway" text NOT NULL,
	"event_id" text,
	"content_hash" text,
	"payment_id" text,
	"order_reference" text,
	"n" integer,
	"outcome" text NOT NULL,
	"state" text,
	"reason" text,
	"claim" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"method" text NOT NULL,
	"target" text NOT NULL,
	"headers" jsonb NOT NULL,
	"body" "bytea" NOT NULL,
	"receipts" integer DEFAULT 1 NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"claimed_at" timestamp with time zone,
	"handled_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "gateways" (
	"gateway" text PRIMARY KEY NOT NULL,
	"account" text NOT NULL,
	"mode" text NOT NULL,
	"last_complete_sweep" timestamp with time zone,
	"sweep_finds" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"reference" text PRIMARY KEY NOT NULL,
	"amount" integer NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"paid_payment_id" text,
	"paid_at" timestamp with time zone,
	"latest_n" integer NOT NULL,
	"sequence" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"effect_id" text PRIMARY KEY NOT NULL,
	"order_reference" text NOT NULL,
	"payment_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"type" text NOT NULL,
	"body" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_answer" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempted_at" timestamp with time zone,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"id" text PRIMARY KEY NOT NULL,
	"order_reference" text NOT NULL,
	"n" integer NOT NULL,
	"gateway" text NOT NULL,
	"amount" integer NOT NULL,
	"currency" text NOT NULL,
	"status" text NOT NULL,
	"reason" text,
	"closed_by" text,
	"dismissed" boolean DEFAULT false NOT NULL,
	"session_id" text,
	"checkout_url" text,
	"transaction_id" text,
	"transaction_updated_at" text,
	"payment_method" text,
	"authorized" integer DEFAULT 0 NOT NULL,
	"captured" integer DEFAULT 0 NOT NULL,
	"refunded" integer DEFAULT 0 NOT NULL,
	"capture" text DEFAULT 'manual' NOT NULL,
	"return_key" text NOT NULL,
	"return_url" text,
	"request" jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"run_id" text,
	"expires_at" timestamp with time zone NOT NULL,
	"review_since" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "timeline" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"payment_id" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"key" text
);
--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_event" ON "deliveries" USING btree ("gateway","event_id");--> statement-breakpoint
CREATE INDEX "deliveries_payment" ON "deliveries" USING btree ("payment_id","content_hash");--> statement-breakpoint
CREATE INDEX "deliveries_received" ON "deliveries" USING btree ("received_at") WHERE state = 'received';--> statement-breakpoint
CREATE INDEX "deliveries_unhandled" ON "deliveries" USING btree ("received_at") WHERE state in ('received', 'signalled');--> statement-breakpoint
CREATE INDEX "outbox_payment" ON "outbox" USING btree ("payment_id");--> statement-breakpoint
CREATE INDEX "outbox_order" ON "outbox" USING btree ("order_reference","sequence");--> statement-breakpoint
CREATE INDEX "outbox_pending" ON "outbox" USING btree ("created_at") WHERE state = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX "payments_order_n" ON "payments" USING btree ("order_reference","n");--> statement-breakpoint
CREATE UNIQUE INDEX "payments_one_open" ON "payments" USING btree ("order_reference") WHERE status in ('PENDING', 'ON_HOLD');--> statement-breakpoint
CREATE UNIQUE INDEX "payments_return_key" ON "payments" USING btree ("return_key");--> statement-breakpoint
CREATE INDEX "payments_session" ON "payments" USING btree ("gateway","session_id");--> statement-breakpoint
CREATE INDEX "payments_unsettled" ON "payments" USING btree ("gateway","created_at") WHERE status in ('PENDING', 'ON_HOLD', 'REVIEW');--> statement-breakpoint
CREATE INDEX "timeline_payment" ON "timeline" USING btree ("payment_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "timeline_key" ON "timeline" USING btree ("payment_id","key");