"""The same work on Spark: the kernels of one machine, each on whole partitions of a cluster's data."""
