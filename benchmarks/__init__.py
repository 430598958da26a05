"""Made-up rosters with known faults, and the scripts that measure accuracy and speed on them."""
