-- How far each import of older history has come: written together with the rows up to there.
CREATE TABLE maestra_imports (
    name text PRIMARY KEY,
    source text NOT NULL,
    position timestamptz NOT NULL,
    rows_read bigint NOT NULL,
    rows_written bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
