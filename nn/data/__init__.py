"""Labelled pictures: the course's cats from HDF5, the program's own drawings, a user's picture.

Read ``cat`` first (what the classifiers are given), then ``hdf5`` and ``files`` (how a file is
read without trusting it, and written without losing it), ``picture``, and ``sketch`` for fun.
"""

from nn.data.cat import CatData, load_cat
from nn.data.picture import picture_to_column
from nn.data.sketch import drawings

__all__ = ["CatData", "drawings", "load_cat", "picture_to_column"]
