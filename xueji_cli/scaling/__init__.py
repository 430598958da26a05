"""Past memory: the stages of a comparison as pure functions over parts of the records, and the one machine that runs them in buckets."""
