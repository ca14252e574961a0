CREATE TABLE "gateway_calls" (
	"gateway" text NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"operation" text NOT NULL,
	"outcome" text NOT NULL,
	"step" integer NOT NULL,
	"calls" bigint NOT NULL,
	"total_ms" bigint NOT NULL,
	CONSTRAINT "gateway_calls_gateway_minute_operation_outcome_step_pk" PRIMARY KEY("gateway","minute","operation","outcome","step")
);
--> statement-breakpoint
CREATE TABLE "processes" (
	"id" text PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"version" text NOT NULL,
	"build" text,
	"node" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"memory_bytes" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "store_sizes" (
	"hour" timestamp with time zone PRIMARY KEY NOT NULL,
	"bytes" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sweep_passes" (
	"gateway" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"listing" text NOT NULL,
	"finished_at" timestamp with time zone,
	"pages" integer DEFAULT 0 NOT NULL,
	"finds" integer DEFAULT 0 NOT NULL,
	"foreign_rows" integer DEFAULT 0 NOT NULL,
	"failure" text,
	CONSTRAINT "sweep_passes_gateway_started_at_listing_pk" PRIMARY KEY("gateway","started_at","listing")
);
--> statement-breakpoint
CREATE INDEX "gateway_calls_refused" ON "gateway_calls" USING btree ("gateway","minute") WHERE outcome = 'credentials';