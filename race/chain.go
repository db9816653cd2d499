package race

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// Digest sums up all records of a competition up to one of them. The zero value
// stands for none.
type Digest [sha256.Size]byte

// String returns d in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText is String, for files.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is the opposite of MarshalText.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(d) {
		return fmt.Errorf("%q is not the %d bytes of a digest in hexadecimal", text, len(d))
	}
	*d = Digest(b)
	return nil
}

// Link is one link of a competition's hash chain: the records with the numbers
// FirstSeq to LastSeq, which were stored at once by the owner of Epoch, and the
// digest of these and all before them. Whoever changes, removes or adds a record
// afterwards breaks the chain at its link.
type Link struct {
	FirstSeq, LastSeq int64
	Epoch             int64
	Digest            Digest
}

// NewLink returns the link of records, which follow each other by Seq and are at
// least one; previous is the digest of the link before, zero for the first.
// Instants count in microseconds, as they are stored.
func NewLink(c CompetitionID, epoch int64, previous Digest, records []TimeRecord) Link {
	b := append(make([]byte, 0, sha256.Size+24+len(records)*160), previous[:]...)
	b = appendInts(b, int64(c), epoch, int64(len(records)))
	for _, r := range records {
		b = appendRecord(b, r)
	}
	return Link{FirstSeq: records[0].Seq, LastSeq: records[len(records)-1].Seq, Epoch: epoch, Digest: sha256.Sum256(b)}
}

// appendRecord appends every stored field of r, each of a fixed length or with
// its length before it, so that no two records have the same bytes.
func appendRecord(b []byte, r TimeRecord) []byte {
	anonymous := int64(0)
	if r.Anonymous {
		anonymous = 1
	}
	b = append(b, r.ID[:]...)
	b = appendInts(
		b, int64(r.Team), int64(r.Judge), r.Elapsed.Milliseconds(), int64(r.Slot), r.Seq, r.Event, anonymous,
		micros(r.ReceivedAt), micros(r.Mark.MarkedAt), r.Mark.ClockOffset.Microseconds(),
		r.Mark.ClockUncertainty.Microseconds(), r.Mark.DeviceSeq,
	)
	for _, s := range [...]string{string(r.State), string(r.Reason), string(r.Source), r.Mark.Device} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

// appendInts appends each number in eight bytes.
func appendInts(b []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return b
}

// micros is an instant as it is stored, 0 while unset.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
