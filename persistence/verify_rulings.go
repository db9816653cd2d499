package persistence

import (
	"crypto/sha256"
	"fmt"
	"unicode/utf8"

	"server5k/race"
)

// checkRulings finds a ruling about a record, team or ruling that is not there,
// and a competition whose gun is not the one that the rulings come to.
func checkRulings(a Archive) *Damage {
	teams, records, earlier := map[race.TeamID]bool{0: true}, map[int64]bool{0: true}, map[race.RulingID]bool{0: true}
	for _, t := range a.Teams {
		teams[t.ID] = true
	}
	for _, r := range a.Records {
		records[r.Seq] = true
	}
	keys := map[race.OrderKey]race.RulingID{}
	for _, r := range a.Rulings {
		damage := func(format string, args ...any) *Damage {
			return &Damage{Text: fmt.Sprintf("decisión %d: ", r.ID) + fmt.Sprintf(format, args...)}
		}
		switch other := keys[r.Key]; {
		case earlier[r.ID]:
			return damage("está dos veces")
		case !records[r.Record]:
			return damage("su registro %d no existe", r.Record)
		case !teams[r.Team]:
			return damage("su equipo %d no está en la competencia", r.Team)
		case !earlier[r.Undoes]:
			return damage("deshace la %d, que no es anterior", r.Undoes)
		case r.Kind == race.RulingDeclare && !declares(r):
			return damage("declara %d marcas del equipo %d hasta la %d de %q", r.Declared.Total, r.Team, r.Declared.Highest, r.Declared.Device)
		case r.Kind != race.RulingDeclare && r.Declared != (race.Declaration{}):
			return damage("declara marcas y es de la clase %q", r.Kind)
		case other != 0 && r.Key != (race.OrderKey{}):
			return damage("su clave es también de la %d", other)
		}
		earlier[r.ID], keys[r.Key] = true, r.ID
	}
	if want := a.Evidence().GunShift(); a.Competition.GunShift != want {
		return &Damage{Text: fmt.Sprintf("la salida está corregida en %s y según las decisiones es %s", a.Competition.GunShift, want)}
	}
	return nil
}

// declares says whether a declaration can be one: of a team, within the bounds that
// the order was held to.
func declares(r race.Ruling) bool {
	d := r.Declared
	return r.Team != 0 && d.Total >= 0 && d.Total <= race.MaxDeclared && d.Highest >= 0 &&
		utf8.RuneCountInString(d.Device) <= race.MaxDeviceLength
}

// checkVersions finds official results that are not what was published, or that
// no ruling made.
func checkVersions(a Archive) *Damage {
	var made []race.Ruling
	for _, r := range a.Rulings {
		if r.Kind == race.RulingOfficial {
			made = append(made, r)
		}
	}
	if len(made) != len(a.Versions) || a.Competition.Version != len(a.Versions) {
		return &Damage{Text: fmt.Sprintf("hay %d versiones oficiales, %d decisiones que las publican y la última debe ser la %d",
			len(a.Versions), len(made), a.Competition.Version)}
	}
	for i, v := range a.Versions {
		damage := func(text string) *Damage { return &Damage{Text: fmt.Sprintf("versión oficial %d: ", v.Number) + text} }
		sheet, err := race.DecodeSheet(v.Sheet)
		switch {
		case v.Number != i+1:
			return damage("falta una anterior")
		case v.Ruling != made[i].ID || made[i].Version != v.Number:
			return damage(fmt.Sprintf("no la publicó la decisión %d", v.Ruling))
		case sha256.Sum256(v.Sheet) != v.Digest:
			return damage("su contenido no es el que se publicó")
		case err != nil || sheet.Competition != a.Competition.ID:
			return damage("su contenido no se entiende")
		}
	}
	return nil
}
