package tables

import (
	"testing"

	"server5k/race"
)

func TestRecordID_Scan(t *testing.T) {
	t.Parallel()
	want := race.RecordID{0: 0x12, 6: 0x70, 8: 0x80, 15: 0xff}
	for name, c := range map[string]struct {
		value any
		want  race.RecordID
		bad   bool
	}{
		"text":          {value: want.String(), want: want},
		"text as bytes": {value: []byte(want.String()), want: want},
		"bytes":         {value: want[:], want: want},
		"array":         {value: [16]byte(want), want: want},
		"NULL":          {},
		"bad text":      {value: "x", bad: true},
		"few bytes":     {value: []byte{1, 2}, bad: true},
		"number":        {value: int64(1), bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got race.RecordID
			if err := (recordID{&got}).Scan(c.value); (err != nil) != c.bad || got != c.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestDigest_Scan(t *testing.T) {
	t.Parallel()
	want := race.Digest{0: 1, 31: 2}
	for name, c := range map[string]struct {
		value any
		want  race.Digest
		bad   bool
	}{
		"bytes": {value: want[:], want: want},
		"NULL":  {},
		"none":  {value: []byte{}},
		"short": {value: want[:31], bad: true},
		"text":  {value: "0", bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := race.Digest{5}
			if err := (digest{&got}).Scan(c.value); (err != nil) != c.bad || got != c.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
