"""A county in which children are registered twice, and in which other children only look as if they were.

    python -m benchmarks.pairs benchmarks/data/county --records 200000 --variant full

`children` makes the children and the traps among them, `registrations` enters some of them again as life does,
`slips` are the errors of hands and programs, `characters` what is taken for what, `files` writes rosters and truth.
Nothing here knows how a matcher compares: the errors come from the typist, the registrar and the years between.
"""
