"""Rules by family, one module each, and the engine that runs them through Pandera."""
