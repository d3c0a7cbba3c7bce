"""How many faces stand for other children."""

MOST_PER_CHILD = 5
"""No child may be a large part of what stands for all others."""
MOST = 2000
"""More say no more about children, and every new face is compared with all of them."""
