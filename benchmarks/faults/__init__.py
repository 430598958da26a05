"""Faults as people make them, put into right rosters, each with a label that says where it is and what it is.

Every fault is real: a swap that changes nothing, a "wrong" check digit that fits, or a mistake that nobody could see
from the file is not put in. A fault is one small function of one row, so that it can be read and believed.
"""
