package main

// clusterMutants are faults planted in what only a cluster does.
func clusterMutants() []mutant { return nil }
