ALTER TABLE "payments" ADD COLUMN "must_give_back" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "review_code" text;--> statement-breakpoint
UPDATE "payments" SET "review_code" = CASE
    WHEN split_part(coalesce("review_mark", "reason", ''), ':', 1) IN ('amount_mismatch', 'currency_mismatch', 'reference_mismatch',
      'contradiction', 'late_hold', 'late_money', 'order_already_paid', 'order_changed', 'give_back_failed', 'capture_reversed')
    THEN split_part(coalesce("review_mark", "reason"), ':', 1)
    WHEN "reason" IS NULL AND "review_mark" IS NULL AND "request" ->> 'isAdopted' = 'true' THEN 'adopted'
    ELSE 'unclear' END
  WHERE "status" = 'REVIEW' OR "review_mark" IS NOT NULL;--> statement-breakpoint
UPDATE "payments" SET "must_give_back" = true FROM "orders"
  WHERE "payments"."status" IN ('AUTHORIZED', 'CAPTURED', 'PARTIALLY_CAPTURED', 'PARTIALLY_REFUNDED') AND NOT "payments"."dismissed"
    AND "payments"."reason" IS NOT NULL AND "orders"."reference" = "payments"."order_reference"
    AND "orders"."paid_payment_id" IS DISTINCT FROM "payments"."id";