"""What carries the features and names none of them: their registry, the loaded hub, links, entities, forms, issues."""
