-- A row stands for the batches from `first` to `number` of its run (for one where that is NULL): so is known for ever
-- what was committed, in a row or two for each run.
ALTER TABLE maestra_batches ADD COLUMN first bigint;
