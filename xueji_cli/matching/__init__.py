"""Who is the same person: prepare → block → compare → score → cluster (Fellegi and Sunter 1969)."""
