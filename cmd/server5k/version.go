package main

// version is stamped by the linker.
var version = "dev"

type versionCmd struct{}

func (versionCmd) Help() string { return "Ejemplo: server5k version" }

// Run prints the version.
func (versionCmd) Run(std stdio) error {
	std.printf("server5k %s\n", version)
	return nil
}
