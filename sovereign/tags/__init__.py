"""Step 1, what owners claim: tags of datasets and jobs, and the lattice in which they combine."""
