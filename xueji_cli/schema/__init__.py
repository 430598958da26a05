"""What the fields are: schemas, code tables and rule packs from `schemas/`, and binding a table's columns to them."""
