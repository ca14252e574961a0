CREATE TABLE "attention_marks" (
	"item" text PRIMARY KEY NOT NULL,
	"owner" text,
	"snoozed_until" timestamp with time zone,
	"note" text,
	"actor" text NOT NULL,
	"key" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
