package redis

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// listTimeout bounds List; a person waits for it.
const listTimeout = 5 * time.Second

// errNil is Redis' answer without a value.
var errNil = goredis.Nil

// Listed is a member as an operator sees it.
type Listed struct {
	ID       string
	Name     string
	Address  string
	Owns     bool
	Age      time.Duration // of its last beat, by the clock of Redis
	JoinedAt time.Time     // by its own clock
	Status   []byte        // the JSON it last sent; nil: none
}

// List returns the members of a cluster by name, from outside: also those that
// stopped beating and that nobody has buried yet.
func List(ctx context.Context, client goredis.UniversalClient, name string) ([]Listed, error) {
	k, err := keysOf(name)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, listTimeout, errors.New("no answer from Redis in 5s"))
	defer cancel()
	values, err := listScript.Run(ctx, client, k.all).Slice()
	if err != nil {
		return nil, fmt.Errorf("list members: %w", causeOf(ctx, err))
	}
	if len(values) != 4 {
		return nil, fmt.Errorf("list members: %d values in the answer", len(values))
	}
	lists := make([]map[string]any, 0, 3)
	for _, v := range values[1:] {
		flat, _ := v.([]any) // empty lists may come as nothing
		lists = append(lists, pairs(flat))
	}
	members, seen, status := lists[0], lists[1], lists[2]
	out := make([]Listed, 0, len(members))
	for id, value := range members {
		var r record
		if err := json.Unmarshal([]byte(text(value)), &r); err != nil {
			return nil, fmt.Errorf("list members: record of %s: %w", id, err)
		}
		l := Listed{ID: id, Name: r.Name, Address: r.Address, Owns: r.Owns, JoinedAt: time.UnixMilli(r.JoinedMS).UTC()}
		l.Age = time.Duration(number(values[0])-number(seen[id])) * time.Millisecond
		if note, ok := status[id]; ok {
			l.Status = []byte(text(note))
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Listed) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}
