-- What is stored of logs that are read in their order, such as the partitions of a stream: moved in the transaction that
-- stores it, whoever does so. A row is written with each batch: there is room for the next version of it beside it.
CREATE TABLE maestra_offsets (
    log text PRIMARY KEY,
    stored int8multirange NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
