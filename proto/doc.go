// Package proto has the messages that cross nodes, race.proto; racepb is generated
// from it. Generating needs protoc (Debian: protobuf-compiler).
package proto

//go:generate sh -c "protoc -I . --plugin=protoc-gen-go=$(go tool -n protoc-gen-go) --go_out=.. --go_opt=module=server5k race.proto"
