-- Where the database rises to this tier with rollups that have units, the next migration must not take them: its own have none.
DO $$
DECLARE
    level text;
BEGIN
    FOREACH level IN ARRAY ARRAY['hourly', 'daily'] LOOP
        IF EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(format('events_%s_rollup', level)) AND attname = 'unit' AND NOT attisdropped
        ) THEN
            EXECUTE format('ALTER TABLE events_%s_rollup RENAME TO events_%s_units', level, level);
        END IF;
    END LOOP;
END
$$;
