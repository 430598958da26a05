"""控辍保学: who of age is in no list, who is on a roll and not present, and what a ledger of last time says about it."""
