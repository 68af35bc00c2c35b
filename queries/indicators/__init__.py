"""One .sql file per indicator: the rows it counts, and nothing else."""
