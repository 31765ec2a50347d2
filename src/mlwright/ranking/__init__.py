"""Rankings of items for histories: what recommenders have in common, and how several become one."""
