CREATE TABLE "retention_left" (
	"what" text NOT NULL,
	"id" text NOT NULL,
	CONSTRAINT "retention_left_what_id_pk" PRIMARY KEY("what","id")
);
--> statement-breakpoint
CREATE TABLE "retention_marks" (
	"what" text PRIMARY KEY NOT NULL,
	"mark" text,
	"upto" text,
	"turn" integer DEFAULT 0 NOT NULL
);
