package redis

import (
	"context"
	_ "embed" // the scripts
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

var (
	//go:embed lua/beat.lua
	beatSource string
	//go:embed lua/leave.lua
	leaveSource string
	//go:embed lua/suspect.lua
	suspectSource string
	//go:embed lua/list.lua
	listSource string

	beatScript    = goredis.NewScript(beatSource)
	leaveScript   = goredis.NewScript(leaveSource)
	suspectScript = goredis.NewScript(suspectSource)
	listScript    = goredis.NewScript(listSource)
)

// maxGraves bounds what a beat answers with: only the youngest matter, and an hour
// of a node that restarts at every beat would be a quarter of a megabyte.
const maxGraves = 256

// keys are where a cluster lives in Redis.
type keys struct {
	all    []string // members, alive, seen, status, dead, epoch: the order of the scripts
	events string
}

func keysOf(name string) (keys, error) {
	if name == "" || strings.ContainsAny(name, "{} \r\n") {
		return keys{}, fmt.Errorf("cluster name %q: must not be empty nor have braces or blanks", name)
	}
	prefix := "server5k:{" + name + "}:"
	var k keys
	for _, part := range []string{"members", "alive", "seen", "status", "dead", "epoch"} {
		k.all = append(k.all, prefix+part)
	}
	k.events = prefix + "events"
	return k, nil
}

// record is what a member writes about itself.
type record struct {
	Name     string `json:"name"`
	Address  string `json:"address"`
	Owns     bool   `json:"owns"`
	JoinedMS int64  `json:"joined_ms"` // by its own clock, for people
}

func (r record) encode() string {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // three plain fields
	}
	return string(data)
}

// request is what one beat says.
type request struct {
	id, record, status string
	graves             map[string]time.Duration // to dig again, with their age
}

// answer is what a beat has learned.
type answer struct {
	err    error
	sentAt time.Time
	took   time.Duration

	fenced  bool
	epoch   int64
	ends    time.Duration // until the next lease ends
	members map[string]record
	dead    map[string]time.Duration // with their age
}

func (m *membership) beat(ctx context.Context, r request) answer {
	a := answer{sentAt: time.Now()}
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errors.New("beat: no answer from Redis in 500ms"))
	defer cancel()
	args := []any{r.id, r.record, ms(m.o.TTL), ms(m.o.Tombstone), m.keys.events, r.status, maxGraves}
	for id, age := range r.graves {
		args = append(args, id, ms(age))
	}
	values, err := beatScript.Run(ctx, m.o.Client, m.keys.all, args...).Slice()
	a.took = time.Since(a.sentAt)
	if err != nil {
		a.err = causeOf(ctx, fmt.Errorf("beat: %w", err))
		return a
	}
	a.err = a.decode(values)
	return a
}

func (a *answer) decode(values []any) error {
	if len(values) != 5 {
		return fmt.Errorf("beat: %d values in the answer", len(values))
	}
	fenced, ok1 := values[0].(int64)
	epoch, ok2 := values[1].(int64)
	ends, ok3 := values[2].(int64)
	members, ok4 := values[3].([]any)
	dead, ok5 := values[4].([]any)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return errors.New("beat: the answer has an unknown form")
	}
	a.fenced, a.epoch, a.ends = fenced == 1, epoch, time.Duration(ends)*time.Millisecond
	a.members, a.dead = make(map[string]record), make(map[string]time.Duration)
	for id, value := range pairs(members) {
		var r record
		if err := json.Unmarshal([]byte(text(value)), &r); err != nil {
			return fmt.Errorf("beat: record of member %s: %w", id, err)
		}
		a.members[id] = r
	}
	for id, value := range pairs(dead) {
		a.dead[id] = time.Duration(number(value)) * time.Millisecond
	}
	return nil
}

// pairs makes a map of Redis' flat list of keys and values.
func pairs(flat []any) map[string]any {
	out := make(map[string]any, len(flat)/2)
	for i := 0; i+1 < len(flat); i += 2 {
		out[text(flat[i])] = flat[i+1]
	}
	return out
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// number reads an integer, or a score, which scripts return as text.
func number(v any) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	f, _ := strconv.ParseFloat(text(v), 64) // scores are written by our scripts
	return int64(f)
}

func ms(d time.Duration) int64 { return d.Milliseconds() }

// causeOf names the deadline that ended a call, if one did.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return err
}
