CREATE TABLE "sweep_marks" (
	"gateway" text NOT NULL,
	"listing" text NOT NULL,
	"mark" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone DEFAULT now() NOT NULL,
	"pages" integer NOT NULL,
	"foreign_rows" integer NOT NULL,
	"finds" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "sweep_marks_gateway_listing_pk" PRIMARY KEY("gateway","listing")
);
--> statement-breakpoint
CREATE TABLE "wakes" (
	"payment_id" text NOT NULL,
	"why" text NOT NULL,
	"about" text NOT NULL,
	"taken_by" text NOT NULL,
	"told" boolean NOT NULL,
	"times" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	CONSTRAINT "wakes_payment_id_why_pk" PRIMARY KEY("payment_id","why")
);
--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "callbacks_counted_to" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "wakes_due" ON "wakes" USING btree ("told","due_at");--> statement-breakpoint
ALTER TABLE "gateways" DROP COLUMN "last_complete_sweep";--> statement-breakpoint
ALTER TABLE "gateways" DROP COLUMN "sweep_finds";