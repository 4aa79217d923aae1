"""Labelled data: the course's cats from HDF5, the program's own drawings, the planar flower.

Read in this order: ``labelled`` and ``cat`` (the data of the classifiers), ``hdf5`` and ``files``
(read a file without trusting it, and write one without losing it), ``picture`` (a user's own),
``planar``, and ``sketch/`` for fun.
"""

from nn.data.cat import CatData, load_cat
from nn.data.labelled import LabelledData
from nn.data.picture import picture_to_column
from nn.data.planar import flower
from nn.data.sketch import drawings

__all__ = ["CatData", "LabelledData", "drawings", "flower", "load_cat", "picture_to_column"]
