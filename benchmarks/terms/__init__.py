"""A made-up county on two days, half a year and one 1 August apart, with every child's story, and the log of movements.

Children move up, finish, go from primary to junior school, are shuffled into new classes there; some transfer, vanish, die, come
back, are kept down; numbers, names, sexes and birth dates are put right; some have two rolls. Every story is known, and each
child has at most one. What stands in the files is written from the stories, by the way schools write it: nothing here knows how
the program that reads them thinks.
"""
