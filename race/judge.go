package race

import "time"

// JudgeID identifies a finish judge; positive, 0 is nobody.
type JudgeID int64

// OrganizerID identifies an organizer; positive.
type OrganizerID int64

// Judge is a person who times teams at the finish line.
type Judge struct {
	ID        JudgeID
	Username  string
	FirstName string
	LastName  string
	Email     string
	Active    bool
	CreatedAt time.Time
}

// FullName joins first and last name; empty when both are.
func (j Judge) FullName() string {
	switch {
	case j.FirstName == "":
		return j.LastName
	case j.LastName == "":
		return j.FirstName
	}
	return j.FirstName + " " + j.LastName
}

// Organizer runs competitions.
type Organizer struct {
	ID        OrganizerID
	Username  string
	Email     string
	Superuser bool
	Active    bool
	CreatedAt time.Time
}

// Role returns the organizer's role as tokens carry it.
func (o Organizer) Role() string {
	if o.Superuser {
		return "superusuario"
	}
	return "organizador"
}
