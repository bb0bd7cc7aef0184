/**
 * What the hub tells of prices and stock, beside the webhooks about it. As little as those is it taken back or made again.
 */
export const MATRIX_TABLES = `
-- Of the last change in matrix_change; those about it are gapless.
ALTER TABLE projection ADD COLUMN matrix_seq bigint NOT NULL DEFAULT 0;

CREATE TABLE matrix_change (
  stall_id text NOT NULL,
  matrix_seq bigint NOT NULL,
  -- Of the webhook about it.
  message_id text NOT NULL,
  device_id text NOT NULL,
  at text NOT NULL,
  -- Cause, changes, and how many more there were.
  move jsonb NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stall_id, matrix_seq)
);
CREATE INDEX matrix_change_noted ON matrix_change (noted_at);

-- What each variant was said to cost last, by the hybrid instant of the entry.
CREATE TABLE matrix_price (
  stall_id text NOT NULL,
  variant_id text NOT NULL,
  at text NOT NULL,
  price_minor bigint NOT NULL,
  PRIMARY KEY (stall_id, variant_id)
);
`;

/** What those outside were told of each variant besides its price, so that the same is not told again. */
export const MATRIX_GOODS = `
CREATE TABLE matrix_goods (
  stall_id text NOT NULL,
  variant_id text NOT NULL,
  item_id text NOT NULL,
  name text,
  list_minor bigint,
  -- As counted last, less what was sold since.
  stock bigint,
  is_on_sale boolean,
  PRIMARY KEY (stall_id, variant_id)
);
CREATE INDEX matrix_goods_item ON matrix_goods (stall_id, item_id);
`;

/** Since when prices that were told may be others, because an entry changed more goods than it names; a hybrid instant. */
export const MATRIX_UNNAMED = `ALTER TABLE projection ADD COLUMN matrix_unnamed_at text NOT NULL DEFAULT '';`;

/**
 * What the hub makes of the journals for those outside. All but the webhooks can be thrown away and made again from the
 * entries (`trestle hub rebuild`).
 */
export const OUTWARD_TABLES = `
CREATE TABLE projection (
  stall_id text PRIMARY KEY,
  -- How far of the feed is in the tables below; moves in the same transaction as their rows.
  feed_seq bigint NOT NULL DEFAULT 0,
  -- How far of it was announced to webhooks. Is never taken back: a rebuild announces nothing.
  announced_seq bigint NOT NULL DEFAULT 0
);

-- Entries that passed the checks and yet say nothing that can be shown; a person looks at them.
CREATE TABLE projection_problem (
  stall_id text NOT NULL,
  device_id text NOT NULL,
  seq bigint NOT NULL,
  problem text NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stall_id, device_id, seq)
);

-- Set once an entry that was accepted out of quarantine has been announced.
ALTER TABLE quarantine ADD COLUMN announced_at timestamptz;
-- Set once it is in the tables below.
ALTER TABLE quarantine ADD COLUMN projected_at timestamptz;

-- Every way the stall was configured, by the hybrid instant from which it holds.
CREATE TABLE stall_configuration (
  stall_id text NOT NULL,
  at text NOT NULL,
  stall jsonb NOT NULL,
  PRIMARY KEY (stall_id, at)
);

CREATE TABLE placed_order (
  stall_id text NOT NULL,
  order_id text NOT NULL,
  device_id text NOT NULL,
  seq bigint NOT NULL,
  feed_seq bigint NOT NULL,
  entry_hash text NOT NULL,
  -- Hybrid instant of the entry.
  at text NOT NULL,
  number text NOT NULL,
  shift_id text NOT NULL,
  placed_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  total_minor bigint NOT NULL,
  -- As the till wrote it.
  body jsonb NOT NULL,
  -- Laid out as the stall was configured then; null until that is known.
  receipt jsonb,
  PRIMARY KEY (stall_id, order_id)
);
CREATE UNIQUE INDEX placed_order_feed ON placed_order (stall_id, feed_seq);
CREATE INDEX placed_order_placed ON placed_order (stall_id, placed_at);
CREATE INDEX placed_order_shift ON placed_order (stall_id, shift_id);

CREATE TABLE order_flag (
  stall_id text NOT NULL,
  order_id text NOT NULL,
  -- Hybrid instant of the entry that says so.
  at text NOT NULL,
  flag text NOT NULL,
  cause text NOT NULL,
  flagged_at timestamptz NOT NULL,
  feed_seq bigint NOT NULL,
  PRIMARY KEY (stall_id, order_id, at)
);
CREATE UNIQUE INDEX order_flag_feed ON order_flag (stall_id, feed_seq);

-- What each entry of a shift says, whichever comes first.
CREATE TABLE shift (
  stall_id text NOT NULL,
  shift_id text NOT NULL,
  device_id text NOT NULL,
  opened jsonb,
  closed jsonb,
  reconciled jsonb,
  PRIMARY KEY (stall_id, shift_id)
);

-- What left the stall, line by line.
CREATE VIEW stock_move AS
SELECT stall_id, order_id, device_id, feed_seq, placed_at AS moved_at, line ->> 'itemId' AS item_id,
  line ->> 'variantId' AS variant_id, line ->> 'sku' AS sku, line ->> 'name' AS name, line ->> 'pricing' AS pricing,
  -(line ->> 'quantity')::bigint AS quantity, position
FROM placed_order, jsonb_array_elements(body -> 'lines') WITH ORDINALITY AS lines (line, position)
WHERE line ->> 'variantId' IS NOT NULL;

CREATE TABLE webhook_endpoint (
  stall_id text NOT NULL REFERENCES stall ON UPDATE CASCADE,
  endpoint_id text NOT NULL,
  url text NOT NULL,
  description text NOT NULL,
  types text[] NOT NULL,
  -- [{secret, expiresAt}], the newest first.
  secrets jsonb NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  -- Of the first failure since the last success.
  failing_since timestamptz,
  disabled_at timestamptz,
  disabled_cause text,
  PRIMARY KEY (stall_id, endpoint_id)
);

-- What happened, in the transaction of the projection that says so.
CREATE TABLE webhook_message (
  stall_id text NOT NULL REFERENCES stall ON UPDATE CASCADE,
  message_id text NOT NULL,
  type text NOT NULL,
  payload text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stall_id, message_id)
);
CREATE INDEX webhook_message_added ON webhook_message (stall_id, added_at);

CREATE TABLE webhook_delivery (
  stall_id text NOT NULL,
  message_id text NOT NULL,
  endpoint_id text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  -- While a process sends it; whoever finds this in the past takes over.
  claimed_until timestamptz,
  last_status integer,
  last_error text,
  last_attempt_at timestamptz,
  PRIMARY KEY (stall_id, endpoint_id, message_id),
  FOREIGN KEY (stall_id, message_id) REFERENCES webhook_message ON UPDATE CASCADE ON DELETE CASCADE,
  FOREIGN KEY (stall_id, endpoint_id) REFERENCES webhook_endpoint ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (stall_id, endpoint_id, next_attempt_at) WHERE state = 'waiting';

-- A shop that sales are brought into.
CREATE TABLE connector (
  stall_id text NOT NULL REFERENCES stall ON UPDATE CASCADE,
  connector text NOT NULL,
  address text NOT NULL,
  -- Orders up to here were brought there, or stand in connector_order with what is wrong.
  feed_seq bigint NOT NULL DEFAULT 0,
  last_success_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  PRIMARY KEY (stall_id, connector)
);

CREATE TABLE connector_order (
  stall_id text NOT NULL,
  connector text NOT NULL,
  order_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('done', 'refused')),
  remote_id text,
  remote_code text,
  -- What a person should look at.
  remarks jsonb NOT NULL DEFAULT '[]',
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stall_id, connector, order_id)
);
`;
