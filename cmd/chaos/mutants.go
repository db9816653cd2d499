package main

// mutant is the server with a planted fault. A campaign that does not catch it
// sees nothing.
type mutant struct {
	name    string
	what    string // what is wrong with it
	changes []planted
	faults  []kind   // that provoke it
	seeds   []uint64 // tried in order until it is caught
}

// planted is one changed text of a source file.
type planted struct{ file, old, now string }

// mutants are all planted faults.
func mutants() []mutant {
	return nil
}
