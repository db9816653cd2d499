package office

import (
	"time"

	"server5k/race"
)

// CompetitionForm is what can be set of a competition; nil leaves it as it is.
// A new one must have a name and a time.
type CompetitionForm struct {
	Name        *string           // name
	ScheduledAt **time.Time       // datetime; a nil instant is refused
	Active      *bool             // is_active; of a new one true
	TeamSize    *int              // integrantes; of a new one race.DefaultTeamSize
	Rounding    *race.Rounding    // politica_redondeo; of a new one race.RoundRaw
	Clock       *race.ClockPolicy // politica_reloj; of a new one race.ClockClient
}

// TeamForm is what can be set of a team; nil leaves it as it is. A new one must
// have everything but a judge.
type TeamForm struct {
	Competition *race.CompetitionID // competition_id; of a new one only
	Name        *string             // name
	Bib         *int                // number
	Category    *race.Category      // category
	Judge       *race.JudgeID       // juez_id; 0 nobody
}

// JudgeForm is what can be set of a judge; nil leaves it as it is. A new one must
// have a user name; without a password it can log in only with a code.
type JudgeForm struct {
	Username, FirstName, LastName, Email *string // username, first_name, last_name, email
	Active                               *bool   // is_active; of a new one true
	Password                             *string // password
}

// OrganizerForm is what can be set of an organizer; nil leaves it as it is. A
// new one must have a user name and a password.
type OrganizerForm struct {
	Username, Email *string               // username, email
	Role            *race.Role            // rol; of a new one race.RoleOrganizer
	Active          *bool                 // is_active; of a new one true
	Password        *string               // password
	Grants          *[]race.CompetitionID // competencias
}

// CategoryForm is what can be set of a category.
type CategoryForm struct {
	Code *race.Category // codigo; of a new one only
	Name *string        // nombre
}

// Assignment gives a team to a judge, 0 to nobody.
type Assignment struct {
	Team  race.TeamID
	Judge race.JudgeID
}
