"""A learner's own backprop: read from a file, run on a network, and diagnosed.

Read in this order:

    source_file   import a learner's Python file, and call its functions
    results       check what these functions returned
    runner        which parts of the course a file has, and how each is run
    gradients     gradients from a dict or a function, under the names of the table
    diagnosis/    what is wrong with the gradients, in which layer, and what follows from it
"""
