-- Questions about the tree of entities.
CREATE FUNCTION get_entity_ancestors(entity_uuid uuid)
RETURNS TABLE (
    id uuid,
    name text,
    slug text,
    entity_type_id uuid,
    parent_id uuid,
    path ltree,
    depth integer
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- From the root to the parent; `depth` counts upwards from the parent, which is 0.
    WITH RECURSIVE ancestors AS (
        SELECT parent.*, 0 AS depth
        FROM entities child JOIN entities parent ON parent.id = child.parent_id
        WHERE child.id = entity_uuid
        UNION ALL
        SELECT parent.*, child.depth + 1
        FROM ancestors child JOIN entities parent ON parent.id = child.parent_id
        WHERE child.depth < 100
    )
    SELECT id, name, slug, entity_type_id, parent_id, path, depth
    FROM ancestors
    ORDER BY depth DESC
$$;

CREATE FUNCTION get_entity_descendants(entity_uuid uuid, max_depth integer DEFAULT 10)
RETURNS TABLE (
    id uuid,
    name text,
    slug text,
    entity_type_id uuid,
    parent_id uuid,
    path ltree,
    depth integer
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- In the order of the paths; `depth` of a child is 1. By parents: different slugs can have one path.
    WITH RECURSIVE descendants AS (
        SELECT child.*, 1 AS depth
        FROM entities child
        WHERE child.parent_id = entity_uuid AND max_depth > 0
        UNION ALL
        SELECT child.*, parent.depth + 1
        FROM descendants parent JOIN entities child ON child.parent_id = parent.id
        WHERE parent.depth < least(max_depth, 100)
    )
    SELECT id, name, slug, entity_type_id, parent_id, path, depth
    FROM descendants
    ORDER BY path
$$;
