package persistence

import (
	"fmt"
	"sort"

	"server5k/race"
)

// checkChain walks the hash chain of an archive and finds its first damaged
// batch. The links must follow each other from 1 to Seq, and each must have the
// digest of exactly the records with its numbers.
func checkChain(a Archive) *Damage {
	var last race.Link
	rest := a.Records
	for i, l := range a.Links {
		if l.FirstSeq > last.LastSeq+1 {
			return lostLinks(last.LastSeq+1, l.FirstSeq-1, upTo(rest, l.FirstSeq-1))
		}
		if l.FirstSeq <= last.LastSeq || l.LastSeq < l.FirstSeq {
			return batchDamage(l, "sus números no siguen al %d", last.LastSeq)
		}
		n := upTo(rest, l.LastSeq)
		if text := misnumbered(l, rest[:n]); text != "" {
			return batchDamage(l, "%s", text)
		}
		want := race.NewLink(a.Competition.ID, l.Epoch, last.Digest, rest[:n])
		if want != l {
			return batchDamage(l, "%s", difference(a, i, want.Digest, rest[n:]))
		}
		rest, last = rest[n:], l
	}
	return checkEnd(a, last, rest)
}

// upTo counts the records, which are by number, up to seq.
func upTo(records []race.TimeRecord, seq int64) int {
	return sort.Search(len(records), func(i int) bool { return records[i].Seq > seq })
}

// misnumbered says which record of a link is missing or extra, "" if none is.
func misnumbered(l race.Link, records []race.TimeRecord) string {
	next := l.FirstSeq
	for _, r := range records {
		switch {
		case r.Seq > next:
			return fmt.Sprintf("falta el registro %d", next)
		case r.Seq < next:
			return fmt.Sprintf("sobra un registro con el número %d", r.Seq)
		}
		next++
	}
	if next <= l.LastSeq {
		return fmt.Sprintf("falta el registro %d", next)
	}
	return ""
}

// difference says what differs in link i of a, whose digest should be want: when
// what follows was made after want, the records are as they were stored. rest is
// what follows the records of the link.
func difference(a Archive, i int, want race.Digest, rest []race.TimeRecord) string {
	intact := a.Digest == want
	if i+1 < len(a.Links) {
		next := a.Links[i+1]
		n := upTo(rest, next.LastSeq)
		intact = n > 0 && misnumbered(next, rest[:n]) == "" &&
			race.NewLink(a.Competition.ID, next.Epoch, want, rest[:n]).Digest == next.Digest
	}
	if intact {
		return "se cambió su huella; sus registros están intactos"
	}
	return "el contenido difiere de lo que se guardó"
}

// lostLinks is about numbers that no link covers, of which some records are
// there.
func lostLinks(first, last int64, records int) *Damage {
	d := &Damage{First: first, Last: last, Text: fmt.Sprintf("lote %d–%d dañado: ", first, last)}
	if records > 0 {
		d.Text += "falta en la cadena, con registros que nada prueba"
	} else {
		d.Text += "faltan el lote y sus registros"
	}
	return d
}

// checkEnd compares the last link with the counters of the competition and with
// the records after it.
func checkEnd(a Archive, last race.Link, rest []race.TimeRecord) *Damage {
	switch {
	case len(rest) > 0 && rest[0].Seq <= a.Seq:
		return lostLinks(last.LastSeq+1, a.Seq, len(rest))
	case len(rest) > 0:
		return &Damage{Text: fmt.Sprintf("sobra el registro %d: está fuera de todo lote", rest[0].Seq)}
	case a.Digest != last.Digest && a.Seq > last.LastSeq:
		return lostLinks(last.LastSeq+1, a.Seq, 0)
	case a.Digest != last.Digest:
		return &Damage{Text: fmt.Sprintf("la huella de la competencia no es la de su último lote (%d–%d): falta lo que siguió, o se cambió",
			last.FirstSeq, last.LastSeq)}
	case a.Seq != last.LastSeq:
		return &Damage{Text: fmt.Sprintf("el contador dice %d registros y la cadena termina en el %d", a.Seq, last.LastSeq)}
	}
	return nil
}
